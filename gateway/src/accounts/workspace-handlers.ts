import type { Handlers } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import { createWorkspace } from './bootstrap.ts';
import type { Context } from './context.ts';

interface WorkspacePorts {
  db: Pool;
  now: () => number;
}

export const workspaceHandlers: Pick<Handlers<Context<WorkspacePorts>>, 'workspaces.create'> = {
  'workspaces.create': async ({ name }, { services }) => {
    const { id, liveKey, testKey } = await createWorkspace(services.db, { name, nowMs: services.now() });
    return { id, name, live_key: liveKey, test_key: testKey };
  },
};
