import type { Handlers } from '@ai-gateway/shared/contract';
import type { Services } from '../services.ts';
import { createWorkspace } from './bootstrap.ts';
import type { Context } from './context.ts';

export const workspaceHandlers: Pick<Handlers<Context<Services>>, 'workspaces.create'> = {
  'workspaces.create': async ({ name }, { services }) => {
    const { id, liveKey, testKey } = await createWorkspace(services.db, { name, nowMs: services.now() });
    return { id, name, live_key: liveKey, test_key: testKey };
  },
};
