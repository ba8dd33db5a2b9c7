import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import type { Fault } from '../../components/form-values.ts';
import { Fault as FaultText, LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import { useChoicesOf } from '../../components/use-choices.ts';
import type { ArmDraft } from './experiment-draft.ts';

interface ArmFieldsProps {
  arm: ArmDraft;
  at: number;
  fault: Fault | undefined;
  onChange: (arm: ArmDraft) => void;
  onRemove: (() => void) | undefined;
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const dials = ['quality', 'balanced', 'cost'];

/** One way of answering. What is left empty stays as it is without the experiment. */
export function ArmFields({ arm, at, fault, onChange, onRemove }: ArmFieldsProps): ReactNode {
  const models = useChoicesOf('models.list');
  const prompts = useChoicesOf('prompts.list');
  const set = (change: Partial<ArmDraft>): void => onChange({ ...arm, ...change });
  const place = `arms.${at}`;
  const faultAt = (name: string): string | undefined =>
    fault?.path === `${place}.${name}` || fault?.path.startsWith(`${place}.${name}.`) ? fault.message : undefined;
  const name = `Arm ${at + 1}`;
  return (
    <fieldset className={formStyles.group}>
      <legend>{at === 0 ? `${name}, which the others are compared with` : name}</legend>
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
        <LabelledText
          label="Model"
          aria-label={`${name}: model`}
          choices={models}
          fault={faultAt('model')}
          value={arm.model}
          onChange={(event) => set({ model: event.target.value })}
        />
        <LabelledText
          label="Prompt"
          aria-label={`${name}: prompt`}
          choices={prompts}
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
        <LabelledSelect
          label="Effort"
          aria-label={`${name}: effort`}
          value={arm.effort}
          onChange={(event) => set({ effort: event.target.value })}
        >
          <option value="">As the call says</option>
          {efforts.map((effort) => (
            <option key={effort} value={effort}>
              {effort}
            </option>
          ))}
        </LabelledSelect>
        <LabelledSelect
          label="Dial of auto"
          aria-label={`${name}: dial of auto`}
          fault={faultAt('dial')}
          value={arm.dial}
          onChange={(event) => set({ dial: event.target.value })}
        >
          <option value="">No dial</option>
          {dials.map((dial) => (
            <option key={dial} value={dial}>
              {dial}
            </option>
          ))}
        </LabelledSelect>
      </div>
      <FaultText>{fault?.path === place ? fault.message : undefined}</FaultText>
      {onRemove === undefined ? null : (
        <div className={formStyles.buttons}>
          <Button small kind="quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
            Remove
          </Button>
        </div>
      )}
    </fieldset>
  );
}
