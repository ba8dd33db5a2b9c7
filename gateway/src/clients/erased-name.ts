import { createHmac } from 'node:crypto';
import { inTurn } from '../turns/in-turn.ts';

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

/** A hash takes some microseconds, and a workspace may have a hundred thousand names. */
const namesInTurn = 500;

/** The one of these names that has this hash. */
export async function findName(
  secret: string,
  { workspaceId, livemode, nameHash }: WorkspaceModeKey & { nameHash: Buffer },
  names: readonly string[],
): Promise<string | undefined> {
  const isIt = (name: string): boolean => hashOfName(secret, { workspaceId, livemode }, name).equals(nameHash);
  for (let from = 0; from < names.length; from += namesInTurn) {
    const found = await inTurn(() => names.slice(from, from + namesInTurn).find(isIt));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The context that a name is sealed with until its erasure is over. */
export function erasedNameContext({ workspaceId }: Pick<WorkspaceModeKey, 'workspaceId'>, id: string): string[] {
  return ['erased-client', workspaceId, id];
}
