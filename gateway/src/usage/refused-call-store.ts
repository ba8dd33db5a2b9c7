import { idAt } from '../accounts/new-id.ts';
import type { Db } from '../db/transaction.ts';
import { type RefusalFilter, refusalConditions, type StoredRefusal } from './refusal-store.ts';

export interface RefusedCallFilter extends RefusalFilter {
  model?: string | undefined;
  id?: string | undefined;
  /** The last row of the page before. */
  after?: { id: string } | undefined;
  limit: number;
}

export type RefusedCall = Pick<
  StoredRefusal,
  'code' | 'client_id' | 'project' | 'scenario_id' | 'scenario_platform' | 'key_id' | 'model'
> & { id: string };

/** Each refused call that is still known by its id, the newest first. Ids sort by time in the order of bytes. */
export async function selectRefusedCalls(db: Db, filter: RefusedCallFilter): Promise<RefusedCall[]> {
  // A refusal is counted when it is answered, which may take a while.
  const { conditions, values } = refusalConditions({ ...filter, to: new Date(filter.to.getTime() + 3_600_000) });
  const next = (value: unknown): string => `$${values.push(value)}`;
  let more = ` and request.id >= ${next(idAt('req', filter.from.getTime()))} and request.id < ${next(idAt('req', filter.to.getTime()))}`;
  if (filter.model !== undefined) more += ` and model = ${next(filter.model)}`;
  if (filter.id !== undefined) more += ` and request.id = ${next(filter.id)}`;
  if (filter.after !== undefined) more += ` and request.id < ${next(filter.after.id)}`;
  const { rows } = await db.query(
    `select request.id, code, client_id, project, scenario_id, scenario_platform, key_id, model
     from refusals cross join lateral (select unnest(request_ids) collate "C" as id) as request
     where ${conditions} ${more} order by request.id desc limit ${next(filter.limit)}`,
    values,
  );
  return rows as RefusedCall[];
}
