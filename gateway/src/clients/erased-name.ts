import { createHmac } from 'node:crypto';

export interface WorkspaceModeKey {
  workspaceId: string;
  livemode: boolean;
}

/** With the installation's secret: names are few and short, and would be found by trying. */
export function hashOfName(secret: string, { workspaceId, livemode }: WorkspaceModeKey, name: string): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(JSON.stringify(['erased-client', workspaceId, livemode, name]))
    .digest();
}

/** The context that a name is sealed with until its erasure is over. */
export function erasedNameContext({ workspaceId }: Pick<WorkspaceModeKey, 'workspaceId'>, id: string): string[] {
  return ['erased-client', workspaceId, id];
}
