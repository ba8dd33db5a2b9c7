import type { ReactNode } from 'react';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { Entry, LabelledText } from '../../components/labelled-field.tsx';
import { DialSelect, EffortSelect, ModelText, PromptText } from '../../components/model-fields.tsx';
import type { ArmDraft } from './experiment-draft.ts';

interface ArmFieldsProps {
  arm: ArmDraft;
  at: number;
  fault: Fault | undefined;
  onChange: (arm: ArmDraft) => void;
  onRemove: (() => void) | undefined;
}

/** One way of answering. An empty field stays as it is without the experiment. */
export function ArmFields({ arm, at, fault, onChange, onRemove }: ArmFieldsProps): ReactNode {
  const set = (change: Partial<ArmDraft>): void => onChange({ ...arm, ...change });
  const place = `arms.${at}`;
  const faultAt = (name: string): string | undefined => faultUnder(fault, `${place}.${name}`);
  const name = `Arm ${at + 1}`;
  return (
    <Entry
      title={at === 0 ? `${name}, which the others are compared with` : name}
      fault={fault?.path === place ? fault.message : undefined}
      remove={onRemove === undefined ? undefined : { label: `Remove ${name}`, onRemove }}
    >
      <div className={formStyles.columns}>
        <LabelledText
          label="Name"
          aria-label={`${name}: name`}
          fault={faultAt('name')}
          value={arm.name}
          onChange={(event) => set({ name: event.target.value })}
        />
        <LabelledText
          label="Weight"
          aria-label={`${name}: weight`}
          inputMode="numeric"
          fault={faultAt('weight')}
          value={arm.weight}
          onChange={(event) => set({ weight: event.target.value })}
        />
        <ModelText
          aria-label={`${name}: model`}
          placeholder="Unchanged"
          fault={faultAt('model')}
          value={arm.model}
          onChange={(event) => set({ model: event.target.value })}
        />
        <PromptText
          aria-label={`${name}: prompt`}
          placeholder="Unchanged"
          fault={faultAt('prompt')}
          value={arm.promptId}
          onChange={(event) => set({ promptId: event.target.value })}
        />
        {arm.promptId.trim() === '' ? null : (
          <LabelledText
            label="Version of the prompt"
            aria-label={`${name}: version of the prompt`}
            inputMode="numeric"
            value={arm.promptVersion}
            onChange={(event) => set({ promptVersion: event.target.value })}
          />
        )}
        <EffortSelect
          aria-label={`${name}: effort`}
          value={arm.effort}
          onChange={(event) => set({ effort: event.target.value })}
        />
        <DialSelect
          empty="No dial"
          aria-label={`${name}: dial of auto`}
          fault={faultAt('dial')}
          value={arm.dial}
          onChange={(event) => set({ dial: event.target.value })}
        />
      </div>
    </Entry>
  );
}
