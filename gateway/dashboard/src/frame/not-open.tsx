import type { ReactNode } from 'react';
import { findOperation } from '../api/operations.ts';
import { Screen } from '../components/screen.tsx';

const whose: Readonly<Record<string, string>> = {
  operator: 'operators of the gateway',
  owner: 'owners of the workspace',
  member: 'owners and members of the workspace',
};

/** In the place of a screen that this person cannot use: its address comes from a colleague, or from a role of before. */
export function NotOpen({ name, needs }: { name: string; needs: string }): ReactNode {
  const access = findOperation(needs)?.access ?? 'owner';
  return (
    <Screen title={name}>
      <p>This screen is for {whose[access] ?? 'other roles'}. Ask one of them.</p>
    </Screen>
  );
}
