import type { Handlers } from '@ai-gateway/shared/contract';
import type { Context } from '../context.ts';
import { createWorkspace } from './bootstrap.ts';

export const workspaceHandlers: Pick<Handlers<Context>, 'workspaces.create'> = {
  'workspaces.create': async ({ name }, { services }) => {
    const { id, liveKey, testKey } = await createWorkspace(services.db, { name, nowMs: services.now() });
    return { id, name, live_key: liveKey, test_key: testKey };
  },
};
