import type { ComponentProps, ReactNode } from 'react';
import { LabelledSelect, LabelledText } from './labelled-field.tsx';
import { useChoicesOf } from './use-choices.ts';

type TextProps = Omit<ComponentProps<typeof LabelledText>, 'label' | 'choices'> & { label?: string };
type SelectProps = Omit<ComponentProps<typeof LabelledSelect>, 'label' | 'children'> & { label?: string };

/** Fields that forms of prompts, rules, experiments and auto have in common. */

export function ModelText({ label = 'Model', ...props }: TextProps): ReactNode {
  return <LabelledText label={label} choices={useChoicesOf('models.list')} {...props} />;
}

export function PromptText({ label = 'Prompt', ...props }: TextProps): ReactNode {
  return <LabelledText label={label} choices={useChoicesOf('prompts.list')} {...props} />;
}

export function ClientText({ label = 'Client', ...props }: TextProps): ReactNode {
  return <LabelledText label={label} choices={useChoicesOf('clients.list')} {...props} />;
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** How much a reasoning model thinks. */
export function EffortSelect({ label = 'Effort', ...props }: SelectProps): ReactNode {
  return (
    <LabelledSelect label={label} {...props}>
      <option value="">As the call says</option>
      {efforts.map((effort) => (
        <option key={effort} value={effort}>
          {effort}
        </option>
      ))}
    </LabelledSelect>
  );
}

/** How auto weighs price against quality, as a setting of something else. */
export function DialSelect({ label = 'Dial of auto', empty, ...props }: SelectProps & { empty: string }): ReactNode {
  return (
    <LabelledSelect label={label} {...props}>
      {empty === '' ? null : <option value="">{empty}</option>}
      <option value="quality">Quality: strong unless proven</option>
      <option value="balanced">Balanced: small for simple tasks</option>
      <option value="cost">Cost: small unless refuted</option>
    </LabelledSelect>
  );
}
