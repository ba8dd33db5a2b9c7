import type { ReactNode } from 'react';
import { useMode } from '../../api/mode.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Answer } from '../../components/answer.tsx';
import { Button } from '../../components/button.tsx';
import { messageOf } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { useToast } from '../../components/toast.tsx';

/** Live calls need a provider: without one the first command of a newcomer is refused. */
function LiveCalls(): ReactNode {
  const may = useMay();
  const me = useRead('me.get', {});
  if (me.data === undefined || me.data.providers.length > 0)
    return 'Calls with it cost money at your providers. Switch to test mode to try everything free of charge.';
  return (
    <>
      No provider has a key yet, so live calls are refused.{' '}
      {may('providers.create') ? (
        <GoLink href="/app/settings/providers">Add your account at OpenAI, Claude, Gemini or Mistral</GoLink>
      ) : (
        'Ask an owner to add one'
      )}
      , or switch to test mode to try everything free of charge.
    </>
  );
}

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
      <p>{mode === 'live' ? <LiveCalls /> : 'The sandbox answers its calls, free of charge.'}</p>
      <Button small kind="primary" disabled={create.isPending} onClick={() => void onClick()}>
        Create a key
      </Button>
    </div>
  );
}
