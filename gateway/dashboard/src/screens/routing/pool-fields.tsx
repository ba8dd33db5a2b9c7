import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import type { Fault } from '../../components/form-values.ts';
import { Entry, LabelledSelect } from '../../components/labelled-field.tsx';
import { ModelText } from '../../components/model-fields.tsx';
import styles from '../../components/parts.module.css';
import own from './auto-card.module.css';
import { type Auto, mostModels, type PoolDraft } from './auto-draft.ts';

interface PoolFieldsProps {
  pool: readonly PoolDraft[];
  /** The models in use now, also where the pool names none. */
  classes: Auto['classes'];
  fault: Fault | undefined;
  onChange: (pool: readonly PoolDraft[]) => void;
}

/** The models that auto chooses from, each with its class, in the order in which they are tried. */
export function PoolFields({ pool, classes, fault, onChange }: PoolFieldsProps): ReactNode {
  const replace = (at: number, one: PoolDraft): void => onChange(pool.with(at, one));
  const moveUp = (at: number): void => {
    const [before, one] = [pool[at - 1], pool[at]];
    if (before !== undefined && one !== undefined) onChange(pool.with(at - 1, one).with(at, before));
  };
  const at = (place: string): string | undefined => (fault?.path === place ? fault.message : undefined);
  return (
    <Entry
      title="Models"
      help="Two to five. Within a class the first one is tried first. A class without a model here uses the gateway’s default models."
      fault={at('pool') === undefined ? undefined : `list ${at('pool')}`}
    >
      {pool.map((one, index) => (
        <div key={index} className={own.model}>
          <ModelText
            label={`Model ${index + 1}`}
            fault={at(`pool.${index}.model`)}
            value={one.model}
            onChange={(event) => replace(index, { ...one, model: event.target.value })}
          />
          <LabelledSelect
            label="Class"
            aria-label={`Class of model ${index + 1}`}
            value={one.class}
            onChange={(event) =>
              replace(index, { ...one, class: event.target.value === 'strong' ? 'strong' : 'small' })
            }
          >
            <option value="small">Small: for simple tasks</option>
            <option value="strong">Strong: for hard tasks</option>
          </LabelledSelect>
          <div className={own.end}>
            <Button
              small
              kind="quiet"
              aria-label={`Move model ${index + 1} up`}
              disabled={index === 0}
              onClick={() => moveUp(index)}
            >
              ↑
            </Button>
            <Button
              small
              kind="quiet"
              aria-label={`Remove model ${index + 1}`}
              onClick={() => onChange(pool.filter((_, other) => other !== index))}
            >
              Remove
            </Button>
          </div>
        </div>
      ))}
      {pool.length < mostModels ? (
        <div className={formStyles.buttons}>
          <Button
            small
            onClick={() =>
              onChange([...pool, { model: '', class: pool.some((one) => one.class === 'small') ? 'strong' : 'small' }])
            }
          >
            Add a model
          </Button>
        </div>
      ) : null}
      <p className={styles.muted}>
        In use now: <bdi>{sayModels(classes.small)}</bdi> for simple tasks, <bdi>{sayModels(classes.strong)}</bdi> for
        hard ones.
      </p>
    </Entry>
  );
}

function sayModels(models: readonly string[]): string {
  if (models.length === 0) return 'no model';
  const shown = models.slice(0, 3).join(', then ');
  return models.length > 3 ? `${shown} and ${models.length - 3} more` : shown;
}
