import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api/client.ts';
import { useChange } from '../api/queries.ts';
import { useMay } from '../api/session.ts';
import { moneyForPeople } from '../format/money.ts';
import { useFormDialog } from '../frame/overlay.tsx';
import { Button } from './button.tsx';
import { messageOf } from './card.tsx';
import { useToast } from './toast.tsx';

type Budget = Pick<OutputOf<'budgets.list'>['data'][number], 'id' | 'name'>;

const steps = [10, 20, 50];

/** Raises a budget until its period ends; Undo takes back as much as is not spent. `plain`: the one budget of its screen. */
export function RaiseButtons({ budget, plain = false }: { budget: Budget; plain?: boolean }): ReactNode {
  const may = useMay();
  const raise = useChange('budgets.raise');
  const queries = useQueryClient();
  const toast = useToast();
  const openForm = useFormDialog();
  if (!may('budgets.raise')) return null;
  const raiseBy = async (byUsd: number): Promise<void> => {
    try {
      const { raise_id: raiseId } = await raise.mutateAsync({ id: budget.id, by_usd: byUsd });
      toast({
        text: `${budget.name} is raised by ${moneyForPeople(byUsd)} until its period ends`,
        undo: async () => {
          await call('budgets.raises.remove', { id: budget.id, raise_id: raiseId });
          await queries.invalidateQueries({ queryKey: ['operation'] });
        },
      });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <>
      {steps.map((step) => (
        <Button
          key={step}
          small
          disabled={raise.isPending}
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
