import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Context } from '../accounts/context.ts';
import { firstWorkspaceId } from '../accounts/workspace-store.ts';
import { type ErasePorts, eraseWorkspace } from './erase-workspace.ts';
import { hasWorkspace, listErasedWorkspaces } from './erase-workspace-store.ts';
import type { TagRegistry } from './tag-registry.ts';

interface WorkspaceErasingPorts extends ErasePorts {
  now: () => number;
  tags: TagRegistry;
}

export const eraseWorkspaceHandlers: Pick<Handlers<Context<WorkspaceErasingPorts>>, 'workspaces.remove'> = {
  'workspaces.remove': async ({ id }, { services, audit }) => {
    const { db } = services;
    if (!(await hasWorkspace(db, id)) && (await listErasedWorkspaces(db)).every((one) => one.id !== id))
      throw new GatewayError('not_found', `There is no workspace "${id}" on this gateway.`, { param: 'id' });
    // The next start would make the operator's keys owners of whichever workspace came to be the oldest.
    if ((await firstWorkspaceId(db)) === id)
      throw new GatewayError(
        'conflict',
        'The first workspace belongs to the operator of this gateway and cannot be deleted. Erase its clients one by one, or delete the database.',
        { param: 'id' },
      );
    await services.tags.flush();
    await eraseWorkspace(services, id, {
      onBegin: (tx) => audit(tx, { target: { type: 'workspace', id }, before: { id } }),
    });
    return null;
  },
};
