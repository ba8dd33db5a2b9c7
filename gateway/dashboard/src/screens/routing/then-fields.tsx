import type { ReactNode } from 'react';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { LabelledArea, LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import { DialSelect, EffortSelect, ModelText, PromptText } from '../../components/model-fields.tsx';
import { MoreFields } from '../../components/more-fields.tsx';
import styles from '../../components/parts.module.css';
import { useChoicesOf } from '../../components/use-choices.ts';
import { type RuleDraft, type Target, targetLabels } from './rule-draft.ts';

interface ThenFieldsProps {
  draft: RuleDraft;
  fault: Fault | undefined;
  onChange: (change: Partial<RuleDraft>) => void;
}

const dials = ['quality', 'balanced', 'cost'] as const;
const targets = Object.keys(targetLabels) as Target[];

/** The effect of a rule: one target, and limits beside it. */
export function ThenFields({ draft, fault, onChange }: ThenFieldsProps): ReactNode {
  const faultAt = (name: string): string | undefined => faultUnder(fault, `then.${name}`);
  return (
    <div className={styles.stack}>
      <div className={formStyles.columns}>
        <LabelledSelect
          label="Target"
          value={draft.target}
          onChange={(event) => onChange({ target: targets.find((one) => one === event.target.value) ?? draft.target })}
        >
          {targets.map((target) => (
            <option key={target} value={target}>
              {targetLabels[target]}
            </option>
          ))}
        </LabelledSelect>
        <TargetField draft={draft} faultAt={faultAt} onChange={onChange} />
      </div>
      {draft.target === 'block' ? null : <Limits draft={draft} faultAt={faultAt} onChange={onChange} />}
    </div>
  );
}

interface PartProps {
  draft: RuleDraft;
  faultAt: (name: string) => string | undefined;
  onChange: (change: Partial<RuleDraft>) => void;
}

function TargetField({ draft, faultAt, onChange }: PartProps): ReactNode {
  const experiments = useChoicesOf('experiments.list');
  switch (draft.target) {
    case 'model':
      return (
        <ModelText
          fault={faultAt('model')}
          value={draft.model}
          onChange={(event) => onChange({ model: event.target.value })}
        />
      );
    case 'models':
      return (
        <LabelledArea
          label="Models"
          help="One a line. The others follow when the first fails."
          fault={faultAt('models')}
          value={draft.models}
          onChange={(event) => onChange({ models: event.target.value })}
        />
      );
    case 'auto':
      return (
        <DialSelect
          label="Dial"
          empty=""
          value={draft.dial}
          onChange={(event) => onChange({ dial: dials.find((dial) => dial === event.target.value) ?? draft.dial })}
        />
      );
    case 'experiment':
      return (
        <LabelledText
          label="Experiment"
          choices={experiments}
          fault={faultAt('experiment')}
          value={draft.experiment}
          onChange={(event) => onChange({ experiment: event.target.value })}
        />
      );
    case 'block':
      return (
        <LabelledText
          label="Message"
          help="The caller reads it, with the code rule_blocked."
          fault={faultAt('block')}
          value={draft.message}
          onChange={(event) => onChange({ message: event.target.value })}
        />
      );
    case 'none':
      return null;
  }
}

/** Limits add up over all rules that match; the strictest counts. */
function Limits({ draft, faultAt, onChange }: PartProps): ReactNode {
  const models = useChoicesOf('models.list');
  const isUsed =
    draft.fallbacks !== 'default' ||
    draft.cache !== 'default' ||
    [draft.cap, draft.effort, draft.promptId].some((text) => text !== '');
  return (
    <MoreFields summary="Limits and more" isUsed={isUsed || draft.target === 'none'}>
      <div className={formStyles.columns}>
        <LabelledText
          label="Longest answer (tokens)"
          inputMode="numeric"
          fault={faultAt('cap_output_tokens')}
          value={draft.cap}
          onChange={(event) => onChange({ cap: event.target.value })}
        />
        <EffortSelect value={draft.effort} onChange={(event) => onChange({ effort: event.target.value })} />
        <LabelledSelect
          label="Fallbacks"
          value={draft.fallbacks}
          onChange={(event) =>
            onChange({
              fallbacks: event.target.value === 'none' || event.target.value === 'own' ? event.target.value : 'default',
            })
          }
        >
          <option value="default">The usual ones</option>
          <option value="none">None</option>
          <option value="own">These models …</option>
        </LabelledSelect>
        <LabelledSelect
          label="Answer from memory"
          value={draft.cache}
          onChange={(event) =>
            onChange({
              cache: event.target.value === 'none' || event.target.value === 'own' ? event.target.value : 'default',
            })
          }
        >
          <option value="default">As the call says</option>
          <option value="none">Never</option>
          <option value="own">Keep answers …</option>
        </LabelledSelect>
      </div>
      {draft.fallbacks === 'own' ? (
        <LabelledArea
          label="Fallback models"
          help={`One a line, in the order in which they are tried. Such as ${models[0]?.value ?? 'gpt-4o-mini'}.`}
          fault={faultAt('fallback_models')}
          value={draft.fallbackModels}
          onChange={(event) => onChange({ fallbackModels: event.target.value })}
        />
      ) : null}
      {draft.cache === 'own' ? (
        <div className={formStyles.columns}>
          <LabelledText
            label="Seconds"
            inputMode="numeric"
            help="At most 2,592,000: 30 days."
            fault={faultAt('cache')}
            value={draft.cacheSeconds}
            onChange={(event) => onChange({ cacheSeconds: event.target.value })}
          />
          <LabelledSelect
            label="Shared by"
            value={draft.cacheScope}
            onChange={(event) => onChange({ cacheScope: event.target.value })}
          >
            <option value="">The calls of one client</option>
            <option value="workspace">All calls of the workspace</option>
            <option value="key">The calls of one key</option>
          </LabelledSelect>
        </div>
      ) : null}
      <div className={formStyles.columns}>
        <PromptText
          help="Calls of this prompt get the version of another label."
          fault={faultAt('prompt')}
          value={draft.promptId}
          onChange={(event) => onChange({ promptId: event.target.value })}
        />
        {draft.promptId === '' ? null : (
          <LabelledText
            label="Label of the prompt"
            value={draft.promptLabel}
            onChange={(event) => onChange({ promptLabel: event.target.value })}
          />
        )}
      </div>
    </MoreFields>
  );
}
