import type { OutputOf } from '@ai-gateway/shared/contract';
import { type ReactNode, useState } from 'react';
import { useMay } from '../api/session.ts';
import { useFormDialog } from '../frame/overlay.tsx';
import { Button } from './button.tsx';
import { useRaise } from './use-raise.ts';

type RaisedBudget = Pick<OutputOf<'budgets.list'>['data'][number], 'id' | 'name'>;

const steps = [10, 20, 50];

/** Raises a budget until its period ends, with Undo. `plain`: the screen is about this budget, so the buttons need not name it. */
export function RaiseButtons({ budget, plain = false }: { budget: RaisedBudget; plain?: boolean }): ReactNode {
  const may = useMay();
  const raise = useRaise();
  const openForm = useFormDialog();
  const [busy, setBusy] = useState(false);
  if (!may('budgets.raise')) return null;
  const raiseBy = async (byUsd: number): Promise<void> => {
    setBusy(true);
    await raise(budget, byUsd);
    setBusy(false);
  };
  return (
    <>
      {steps.map((step) => (
        <Button
          key={step}
          small
          disabled={busy}
          aria-label={plain ? `+${step}` : `+${step} for ${budget.name}`}
          onClick={() => void raiseBy(step)}
        >
          +{step}
        </Button>
      ))}
      <Button
        small
        aria-label={plain ? 'Other amount' : `Other amount for ${budget.name}`}
        onClick={() =>
          openForm({
            operation: 'budgets.raise',
            title: `Raise ${budget.name}`,
            fixed: { id: budget.id },
            submit: 'Raise',
          })
        }
      >
        Other
      </Button>
    </>
  );
}
