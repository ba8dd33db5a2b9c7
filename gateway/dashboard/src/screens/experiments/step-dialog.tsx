import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { type Experiment, sayArm } from './experiment-words.ts';
import { productionOf, takeBack } from './take-back.ts';

export interface Step {
  operation: 'experiments.start' | 'experiments.stop' | 'experiments.adopt';
  label: string;
  /** Of an adoption. */
  arm: string | undefined;
  /** The step to take next: of adoptions, that of the arm that is better. */
  isMain: boolean;
}

interface StepDialogProps {
  experiment: Experiment;
  step: Step;
  onClose: () => void;
}

/** The second step before calls go elsewhere: says what will happen. */
export function StepDialog({ experiment, step, onClose }: StepDialogProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const change = useChange(step.operation);
  const { id, name, arms } = experiment;
  const arm = arms.find((one) => one.name === step.arm);
  const go = async (): Promise<void> => {
    try {
      const production = arm === undefined ? undefined : await productionOf(arm);
      const changed = await change.mutateAsync({ id, ...(arm === undefined ? {} : { arm: arm.name }) });
      const hasTraces = changed.adopted?.rule_id != null || changed.adopted?.prompt != null;
      const undo = async (): Promise<void> => {
        await takeBack(changed, production);
        await queries.invalidateQueries({ queryKey: ['operation'] });
      };
      toast({ text: done[step.operation](name, step.arm), ...(hasTraces ? { undo } : {}) });
      onClose();
    } catch {
      // The card below says why.
    }
  };
  return (
    <Dialog title={`${step.label}: ${name}`} onClose={onClose}>
      <div className={styles.stack}>
        <p dir="auto">{sayStep(experiment, step)}</p>
        {step.operation === 'experiments.start' ? <p>{experiment.expected.text}</p> : null}
        {change.isError ? <ErrorCard error={change.error} /> : null}
        <div className={styles.row}>
          <Button kind="primary" disabled={change.isPending} onClick={() => void go()}>
            {step.label}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}

const done = {
  'experiments.start': (name: string) => `${name} is running`,
  'experiments.stop': (name: string) => `${name} is stopped`,
  'experiments.adopt': (name: string, arm: string | undefined) => `${name}: ${arm} is adopted`,
} as const;

function sayStep({ arms }: Experiment, { operation, arm, isMain }: Step): string {
  if (operation === 'experiments.start')
    return `From the next call on, calls are divided: ${arms.map((one) => `${one.share_percent} % ${one.name}`).join(', ')}.`;
  if (operation === 'experiments.stop')
    return 'Its calls go where they would go without it. The results stay, and an arm can be adopted later.';
  const adopted = arms.find((one) => one.name === arm);
  if (adopted === undefined) return '';
  const unsure = isMain ? '' : ' The result does not say that it is better.';
  return `The experiment ends, and calls that take part are answered as arm ${adopted.name} does: ${sayArm(adopted)}.${sayTraces(adopted)}${unsure}`;
}

function sayTraces({ prompt, model, effort, dial }: Experiment['arms'][number]): string {
  const label = prompt === undefined ? '' : ` The label production of ${prompt.id} moves to version ${prompt.version}.`;
  const hasRule = [model, effort, dial].some((one) => one !== undefined);
  return `${label}${hasRule ? ' A rule is written for them.' : ''}`;
}
