import type { ReactNode } from 'react';
import { useChange } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { messageOf } from '../../components/card.tsx';
import { useToast } from '../../components/toast.tsx';
import { moneyForPeople } from '../../format/money.ts';

/** A call that the sandbox answers: it shows up everywhere in test mode, and costs nothing. */
export function TestCallButton(): ReactNode {
  const may = useMay();
  const toast = useToast();
  const send = useChange('test-calls.create');
  if (!may('test-calls.create')) return null;
  const onClick = async (): Promise<void> => {
    try {
      const { cost_usd: cost } = await send.mutateAsync({});
      toast({ text: `The sandbox answered. The call would have cost ${moneyForPeople(cost)}; test mode shows it.` });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <Button small disabled={send.isPending} onClick={() => void onClick()}>
      Send a test call
    </Button>
  );
}
