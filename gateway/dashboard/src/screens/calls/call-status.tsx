import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { Status } from '../../components/status.tsx';

type Call = OutputOf<'usage.requests'>['data'][number];

/** How a call ended, in a word. */
export function CallStatus({ call }: { call: Pick<Call, 'status' | 'attempts' | 'error_code'> }): ReactNode {
  const { status, attempts, error_code: code } = call;
  if (status === 'succeeded')
    return attempts > 1 ? (
      <Status kind="warn">Succeeded after failover</Status>
    ) : (
      <Status kind="good">Succeeded</Status>
    );
  if (status === 'open') return <Status kind="plain">In progress</Status>;
  return (
    <Status kind={status === 'failed' ? 'bad' : 'warn'}>
      {code === null ? capital(status) : `${capital(status)}: ${code.replaceAll('_', ' ')}`}
    </Status>
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
