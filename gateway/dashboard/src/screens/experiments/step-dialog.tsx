import type { ReactNode } from 'react';
import { useNamedChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { type Experiment, sayArm } from './experiment-words.ts';

export interface Step {
  operation: 'experiments.start' | 'experiments.stop' | 'experiments.adopt';
  label: string;
  /** Of an adoption. */
  arm: string | undefined;
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
  const change = useNamedChange(step.operation);
  const { id, name } = experiment;
  const go = async (): Promise<void> => {
    try {
      await change.mutateAsync({ id, ...(step.arm === undefined ? {} : { arm: step.arm }) });
      toast({ text: done[step.operation](name, step.arm) });
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

function sayStep({ arms, verdict }: Experiment, { operation, arm }: Step): string {
  if (operation === 'experiments.start')
    return `From the next call on, calls are divided: ${arms.map((one) => `${one.share_percent} % ${one.name}`).join(', ')}.`;
  if (operation === 'experiments.stop')
    return 'Its calls go where they would go without it. The results stay, and an arm can be adopted later.';
  const adopted = arms.find((one) => one.name === arm);
  const how = adopted === undefined ? '' : ` (${sayArm(adopted)})`;
  const unsure = verdict?.winner === arm ? '' : ' The result does not say that it is better.';
  return `All calls that take part are answered as arm ${arm ?? ''}${how} does, and the experiment ends.${unsure}`;
}
