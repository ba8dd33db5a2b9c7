import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { withTransaction } from '../db/transaction.ts';
import { findFactors } from '../factors/totp-store.ts';
import { readRequiresSecondFactor, writeRequiresSecondFactor } from './security-store.ts';

interface SecurityPorts {
  db: Pool;
  now: () => number;
  sessions: { forgetWorkspace(workspaceId: string): void };
}

export const securityHandlers: Pick<
  Handlers<Context<SecurityPorts>>,
  'workspace.security.get' | 'workspace.security.set'
> = {
  'workspace.security.get': async (_input, { caller, services }) => ({
    requires_second_factor: await readRequiresSecondFactor(services.db, caller.workspaceId),
  }),

  'workspace.security.set': async ({ requires_second_factor }, { caller, services, audit }) => {
    checkLive(caller);
    requireRecentFactor(caller, services.now());
    const { person, session } = caller;
    if (requires_second_factor && person !== undefined && session?.method !== 'sso') {
      const { totp, passkeys } = await findFactors(services.db, person.id);
      if (!totp && passkeys === 0)
        throw new GatewayError(
          'conflict',
          'You have no second factor yourself. Add a passkey or an authenticator app first.',
        );
    }
    await withTransaction(services.db, async (tx) => {
      const before = { requires_second_factor: await readRequiresSecondFactor(tx, caller.workspaceId) };
      await writeRequiresSecondFactor(tx, caller.workspaceId, requires_second_factor);
      const target = { type: 'workspace', id: caller.workspaceId, name: caller.workspaceName };
      await audit(tx, { target, before, after: { requires_second_factor } });
    });
    services.sessions.forgetWorkspace(caller.workspaceId);
    return { requires_second_factor };
  },
};
