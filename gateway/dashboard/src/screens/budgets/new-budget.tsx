import { type ReactNode, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { OperationForm } from '../../components/operation-form.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';

/** The scopes that people cap most often. */
const presets = {
  '$5 a day for each scenario': {
    name: 'Each scenario, a day',
    limit_usd: 5,
    period: 'day',
    scope: { scenario_id: '*' },
  },
  '$50 a month for each client': {
    name: 'Each client, a month',
    limit_usd: 50,
    period: 'month',
    scope: { client_id: '*' },
  },
} as const;

type Preset = keyof typeof presets;
const names = Object.keys(presets) as Preset[];

/** The two ways to a new budget: a preset, or all fields. */
export function NewBudget(): ReactNode {
  const [open, setOpen] = useState<Preset | 'own' | undefined>();
  return (
    <>
      {open === undefined ? (
        <Button onClick={() => setOpen('$5 a day for each scenario')}>$5 a day for each scenario</Button>
      ) : null}
      <Button kind="primary" onClick={() => setOpen('own')}>
        New budget
      </Button>
      {open === undefined ? null : <NewBudgetDialog begin={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function NewBudgetDialog({ begin, onClose }: { begin: Preset | 'own'; onClose: () => void }): ReactNode {
  const [chosen, setChosen] = useState(begin);
  const toast = useToast();
  const operation = findOperation('budgets.create');
  if (operation === undefined) return null;
  return (
    <Dialog title="New budget" onClose={onClose}>
      <div className={styles.stack}>
        <div className={styles.row}>
          {names.map((name) => (
            <Button key={name} small aria-pressed={chosen === name} onClick={() => setChosen(name)}>
              {name}
            </Button>
          ))}
        </div>
        <OperationForm
          key={chosen}
          operation={operation}
          initial={chosen === 'own' ? { period: 'month' } : presets[chosen]}
          submit="Save"
          onCancel={onClose}
          onDone={() => {
            toast({ text: 'The budget is saved' });
            onClose();
          }}
        />
      </div>
    </Dialog>
  );
}
