import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useChange } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { messageOf } from '../../components/card.tsx';
import { Status } from '../../components/status.tsx';
import { useToast } from '../../components/toast.tsx';
import styles from './home.module.css';

/** Calls that somebody has stopped, and the way back. */
export function Stopped({ stop }: { stop: OutputOf<'stop.get'>['data'][number] }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const start = useChange('stop.remove');
  const { client_id: clientId, reason } = stop;
  const onStart = async (): Promise<void> => {
    try {
      await start.mutateAsync(clientId === null ? {} : { client_id: clientId });
      toast({ text: 'Calls go out again' });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <li className={styles.need}>
      <div className={styles.text}>
        <Status kind="bad">Stopped</Status> <strong>All live calls</strong>
        {clientId === null ? null : (
          <>
            {' of '}
            <bdi>{clientId}</bdi>
          </>
        )}
        {reason === null ? null : <span dir="auto">: {reason}</span>}
      </div>
      <div className={styles.buttons}>
        {may('stop.remove') ? (
          <Button
            small
            kind="primary"
            disabled={start.isPending}
            aria-label={clientId === null ? 'Start again' : `Start again ${clientId}`}
            onClick={() => void onStart()}
          >
            Start again
          </Button>
        ) : null}
      </div>
    </li>
  );
}
