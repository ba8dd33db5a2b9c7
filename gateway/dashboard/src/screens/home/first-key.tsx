import type { ReactNode } from 'react';
import { useMode } from '../../api/mode.ts';
import { useChange } from '../../api/queries.ts';
import { Answer } from '../../components/answer.tsx';
import { Button } from '../../components/button.tsx';
import { messageOf } from '../../components/card.tsx';
import { useToast } from '../../components/toast.tsx';

/** A key for a tool: it calls models, and can change nothing. */
export function FirstKey({ made, onMade }: { made: string | undefined; onMade: (key: string) => void }): ReactNode {
  const mode = useMode();
  const toast = useToast();
  const create = useChange('keys.create');
  const onClick = async (): Promise<void> => {
    try {
      const { key } = await create.mutateAsync({ name: 'First key', mode, role: 'caller' });
      onMade(key);
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  if (made !== undefined) return <Answer answer={{ key: made }} />;
  return (
    <div>
      <p>
        {mode === 'live'
          ? 'Calls with it cost money at your providers. Switch to test mode to try everything free of charge.'
          : 'The sandbox answers its calls, free of charge.'}
      </p>
      <Button small kind="primary" disabled={create.isPending} onClick={() => void onClick()}>
        Create a key
      </Button>
    </div>
  );
}
