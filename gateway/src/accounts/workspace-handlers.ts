import type { Handlers } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { createWorkspace } from './bootstrap.ts';
import type { Context } from './context.ts';

interface WorkspacePorts {
  db: Pool;
  now: () => number;
}

export const workspaceHandlers: Pick<Handlers<Context<WorkspacePorts>>, 'workspaces.create'> = {
  'workspaces.create': async ({ name }, { services, audit }) => {
    const { id, liveKey, testKey } = await withTransaction(services.db, async (tx) => {
      const made = await createWorkspace(tx, { name, nowMs: services.now() });
      await audit(tx, { workspaceId: made.id, target: { type: 'workspace', id: made.id, name }, after: { name } });
      return made;
    });
    return { id, name, live_key: liveKey, test_key: testKey };
  },
};
