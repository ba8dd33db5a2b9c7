import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useAnyCall } from '../../api/any-call.ts';
import { useMode } from '../../api/mode.ts';
import { useChange } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Answer } from '../../components/answer.tsx';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard } from '../../components/card.tsx';
import { copyText } from '../../components/copy-button.tsx';
import styles from '../../components/parts.module.css';
import { Screen } from '../../components/screen.tsx';
import { useToast } from '../../components/toast.tsx';
import { RecipeSteps } from './recipe-steps.tsx';
import { type Way, ways } from './ways.ts';

const names: Readonly<Record<Way, string>> = { make: 'Make', zapier: 'Zapier', n8n: 'n8n', code: 'Your own code' };

/** From nothing to the first call: the address, a key, and the steps of a platform. */
export function ConnectScreen(): ReactNode {
  const { with: chosen = 'make' } = useSearch({ from: '/frame/app/connect' });
  const navigate = useNavigate({ from: '/app/connect' });
  const first = useAnyCall();
  const [made, setMade] = useState<{ way: Way; key: string } | undefined>();
  const key = made?.way === chosen ? made.key : undefined;
  return (
    <Screen title="Connect" note="One key for every model. Two lines change: the address and the key.">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form. */}
      <div className={styles.row} role="group" aria-label="Platform">
        {ways.map((way) => (
          <Button key={way} aria-pressed={way === chosen} onClick={() => void navigate({ search: { with: way } })}>
            {names[way]}
          </Button>
        ))}
      </div>
      <Card title={`Connect ${names[chosen]}`}>
        <div className={styles.stack}>
          <MakeKey key={chosen} way={chosen} onMade={(text) => setMade({ way: chosen, key: text })} />
          <RecipeSteps way={chosen} apiKey={key} />
          <p role="status">
            {(first.data?.data.length ?? 0) > 0 ? (
              <>
                Calls arrive: the newest is in <Link to="/app/calls">Calls</Link>.
              </>
            ) : (
              'Waiting for the first call. This page shows when it arrives.'
            )}
          </p>
        </div>
      </Card>
    </Screen>
  );
}

function MakeKey({ way, onMade }: { way: Way; onMade: (key: string) => void }): ReactNode {
  const may = useMay();
  const mode = useMode();
  const toast = useToast();
  const make = useChange('keys.create');
  if (!may('keys.create')) return <p className={styles.muted}>Ask an owner of the workspace for a key.</p>;
  const makeAndCopy = async (): Promise<void> => {
    try {
      const { key } = await make.mutateAsync({ name: names[way], role: 'caller', mode });
      onMade(key);
      toast({ text: (await copyText(key)) ? 'The key is copied' : 'The key is made. Copy it from the page.' });
    } catch {
      // The card below says why.
    }
  };
  return (
    <>
      {make.isSuccess ? (
        <Answer answer={{ key: make.data.key }} />
      ) : (
        <div className={styles.row}>
          <Button kind="primary" disabled={make.isPending} onClick={() => void makeAndCopy()}>
            Make key and copy
          </Button>
        </div>
      )}
      {make.isError ? <ErrorCard error={make.error} /> : null}
    </>
  );
}
