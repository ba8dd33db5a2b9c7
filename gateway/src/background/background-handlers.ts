import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Context } from '../context.ts';
import { unsealFor } from './background.ts';
import { findBackground } from './background-store.ts';

export const backgroundHandlers: Pick<Handlers<Context>, 'background.get'> = {
  'background.get': async ({ id }, { caller, services }) => {
    const row = await findBackground(services.db, { workspaceId: caller.workspaceId, id, livemode: caller.livemode });
    // A key that only calls models sees what it asked for itself.
    if (row === undefined || (caller.role === 'caller' && row.keyId !== caller.keyId)) {
      throw new GatewayError('not_found', `There is no background completion "${id}".`, { param: 'id' });
    }
    const outcome =
      row.sealedOutcome === undefined
        ? {}
        : (JSON.parse(unsealFor(services.secret, row, 'outcome', row.sealedOutcome)) as object);
    return { id, status: row.state, ...outcome } as OutputOf<'background.get'>;
  },
};
