import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { LabelledSelect } from '../../components/labelled-field.tsx';
import { useChoicesOf } from '../../components/use-choices.ts';
import own from './auto-card.module.css';
import { emptyKey, type KeyDraft } from './auto-draft.ts';

interface KeyFieldsProps {
  keys: readonly KeyDraft[];
  fault: Fault | undefined;
  onChange: (keys: readonly KeyDraft[]) => void;
}

/** Keys whose calls are learned from, or never are. A key counts before its client and the workspace. */
export function KeyFields({ keys, fault, onChange }: KeyFieldsProps): ReactNode {
  const choices = useChoicesOf('keys.list');
  const set = (at: number, change: Partial<KeyDraft>): void =>
    onChange(keys.map((one, index) => (index === at ? { ...one, ...change } : one)));
  return (
    <>
      {keys.map((key, at) => (
        <div key={at} className={own.model}>
          <LabelledSelect
            label={`Key ${at + 1}`}
            fault={faultUnder(fault, `keys.${at}`, `per_key.${key.id}`)}
            value={key.id}
            onChange={(event) => set(at, { id: event.target.value })}
          >
            <option value="">Choose …</option>
            {choices.some(({ value }) => value === key.id) || key.id === '' ? null : <option>{key.id}</option>}
            {choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </LabelledSelect>
          <LabelledSelect
            label="Learning"
            aria-label={`Learning of key ${at + 1}`}
            value={key.learning}
            onChange={(event) =>
              set(at, { learning: (['on', 'off'] as const).find((one) => one === event.target.value) ?? '' })
            }
          >
            <option value="">As the workspace</option>
            <option value="on">On</option>
            <option value="off">Off: never answered twice</option>
          </LabelledSelect>
          <div className={own.end}>
            <Button
              small
              kind="quiet"
              aria-label={`Remove key ${at + 1}`}
              onClick={() => onChange(keys.filter((_, index) => index !== at))}
            >
              Remove
            </Button>
          </div>
        </div>
      ))}
      <div className={formStyles.buttons}>
        <Button small onClick={() => onChange([...keys, emptyKey()])}>
          Add a key that differs
        </Button>
      </div>
    </>
  );
}
