import type { Caller } from '../accounts/api-key.ts';
import { boundTo } from '../accounts/own-tags.ts';
import type { Db } from '../db/transaction.ts';
import { selectNamed, type TagKind } from './tag-store.ts';

const tagOf = { client: 'client_id', project: 'project', scenario: 'scenario_id' } as const;

/**
 * Which clients, projects or scenarios a key may see; undefined: all of them. One locked to another tag sees those its tag's
 * calls named: to hide them all would leave the drop-downs of a client's own apps empty.
 */
export async function ownIds({ db }: { db: Db }, caller: Caller, kind: TagKind): Promise<string[] | undefined> {
  const bound = boundTo(caller);
  const own = bound[tagOf[kind]];
  if (own !== undefined) return [own];
  if (Object.keys(bound).length === 0) return undefined;
  const { workspaceId, livemode } = caller;
  return selectNamed(db, { workspaceId, livemode, kind, bound });
}
