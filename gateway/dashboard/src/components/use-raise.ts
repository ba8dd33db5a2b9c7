import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { moneyForPeople } from '../format/money.ts';
import { messageOf } from './card.tsx';
import { useToast } from './toast.tsx';

type RaisedBudget = Pick<OutputOf<'budgets.get'>, 'id' | 'name'>;

/** Raises a budget until its period ends, says so, and offers to take it back. */
export function useRaise(): (budget: RaisedBudget, byUsd: number) => Promise<void> {
  const queries = useQueryClient();
  const toast = useToast();
  const readAgain = (): Promise<void> => queries.invalidateQueries({ queryKey: ['operation'] });
  return async ({ id, name }, byUsd) => {
    try {
      const { raise_id: raiseId } = await call('budgets.raise', { id, by_usd: byUsd });
      await readAgain();
      toast({
        text: `${name} is raised by ${moneyForPeople(byUsd)}`,
        undo: async () => {
          await call('budgets.raises.remove', { id, raise_id: raiseId });
          await readAgain();
        },
      });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
}
