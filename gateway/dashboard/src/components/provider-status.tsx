import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { Status } from './status.tsx';

type State = OutputOf<'me.get'>['providers'][number]['status'];

const texts: Readonly<Record<State, { kind: 'good' | 'plain' | 'warn' | 'bad'; text: string }>> = {
  ok: { kind: 'good', text: 'Working' },
  sandbox: { kind: 'plain', text: 'Answers test calls' },
  resting: { kind: 'warn', text: 'Cooling down' },
  refused: { kind: 'bad', text: 'Refuses the account' },
};

/** How an account at a provider is, for people. */
export function ProviderStatus({ status }: { status: State }): ReactNode {
  const { kind, text } = texts[status];
  return <Status kind={kind}>{text}</Status>;
}
