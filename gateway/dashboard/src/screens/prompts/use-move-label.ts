import { isGatewayError } from '@ai-gateway/shared/errors';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { messageOf } from '../../components/card.tsx';
import { useToast } from '../../components/toast.tsx';

interface Move {
  label: string;
  version: number;
  /** The version that the person sees the label at; 0: none. */
  expected: number;
  note: string;
}

interface MoveLabel {
  /** False where it is refused: `error` says why. */
  move: (move: Move) => Promise<boolean>;
  isMoving: boolean;
  error: Error | null;
}

/** Moves a label of a prompt, and offers to take it back. A refused move reads everything again: the label has moved meanwhile. */
export function useMoveLabel(id: string): MoveLabel {
  const queries = useQueryClient();
  const toast = useToast();
  const [isMoving, setMoving] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const readAgain = (): Promise<void> => queries.invalidateQueries({ queryKey: ['operation'] });
  const move = async ({ label, version, expected, note }: Move): Promise<boolean> => {
    setMoving(true);
    setError(null);
    try {
      await call('prompts.labels.set', { id, label, version, expected_version: expected, note });
      toast({
        text: `${label} points at version ${version}`,
        ...(expected === 0
          ? {}
          : {
              undo: async () => {
                await call('prompts.labels.set', {
                  ...{ id, label, version: expected, expected_version: version },
                  note: 'Taken back',
                });
                await readAgain();
              },
            }),
      });
      return true;
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal : new Error(String(refusal)));
      toast({ text: isGatewayError(refusal) ? refusal.message : messageOf(refusal) });
      return false;
    } finally {
      await readAgain();
      setMoving(false);
    }
  };
  return { move, isMoving, error };
}
