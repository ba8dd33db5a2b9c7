import type { Db } from '../db/transaction.ts';
import { hasKind, type KindFilter, kindSource, kindsUntil } from './call-kinds-store.ts';
import { type CallSource, type CallTags, executionSource, tagSource, timedUntil } from './call-times-store.ts';

/**
 * Finds the calls that a filter matches among many that it does not, without an index on `calls`: such an index would cost every
 * call of the hot path. The moments of calls are known by their tags (`call_groups`), by their execution, and by their model, provider,
 * cost and failover (`call_kinds`); the primary key of `calls` does the rest, and every call that is found is asked for its own columns again.
 */
export interface TimedFilter extends CallTags, KindFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  executionId?: string | undefined;
  limit: number;
}

/** The conditions of one page, which every call that is found must meet. `$1` is the workspace, `$2` the mode. */
export interface CallConditions {
  /** `and created_at >= $3 … and client_id = $6 …`; `$5` is the limit. */
  conditions: string;
  columns: string;
  values: readonly unknown[];
}

const hourMs = 3_600_000;
/** The number of calls that are looked up at a time, in any hours. */
const fewCalls = 2_000;
/** A list of this many moments is looked up faster than it is compared with another. */
const soonLookedUp = 20_000;

/** Calls before this can be found for a filter; undefined where none can. */
export async function findableUntil(db: Db, filter: TimedFilter): Promise<Date | undefined> {
  const until = await timedUntil(db);
  if (until === undefined || !hasKind(filter)) return until;
  const kinds = await kindsUntil(db);
  return kinds === undefined || kinds < until ? kinds : until;
}

/** The newest calls of a range that is written down, newest first. */
export async function findTimed(db: Db, filter: TimedFilter, page: CallConditions): Promise<unknown[]> {
  const sources = await sourcesOf(db, filter);
  if (sources === undefined) return [];
  const floor = (at: Date): number => Math.floor(at.getTime() / hourMs) * hourMs;
  const calls = Math.min(...sources.map((source) => source.calls));
  const first = Math.max(floor(filter.from), ...sources.map(({ firstHour }) => firstHour.getTime()));
  const last = Math.min(...sources.map(({ lastHour }) => lastHour.getTime() + hourMs));
  let end = Math.min(Math.ceil(filter.to.getTime() / hourMs) * hourMs, last);
  const found: unknown[] = [];
  const byExecution = filter.executionId !== undefined && calls > fewCalls;
  // Where many calls match, the newest hours have a page of them; each stretch that has not is followed by one four times as long.
  let hours = byExecution ? 24 : calls <= fewCalls ? Number.POSITIVE_INFINITY : 1;
  while (end > first && found.length < filter.limit) {
    const start = Math.max(first, end - hours * hourMs);
    found.push(...(await callsAt(db, { sources, from: new Date(start), to: new Date(end) }, page)));
    end = start;
    hours *= 4;
  }
  return found.slice(0, filter.limit);
}

/** The lists of moments that the calls are in, all of them; undefined where there are no such calls. */
async function sourcesOf(db: Db, filter: TimedFilter): Promise<CallSource[] | undefined> {
  const [tags, kinds] = await Promise.all([
    tagSource(db, filter),
    hasKind(filter) ? kindSource(db, filter) : undefined,
  ]);
  if (tags === undefined || (hasKind(filter) && kinds === undefined)) return undefined;
  const least = kinds !== undefined && kinds.calls < tags.calls ? kinds : tags;
  if (filter.executionId !== undefined && least.calls > fewCalls) return [executionSource(filter.executionId, least)];
  if (kinds === undefined || least.calls <= soonLookedUp) return [least];
  return hasTags(filter) ? [tags, kinds] : [kinds];
}

function hasTags({ clientId, project, scenarioId, scenarioPlatform, keyId }: CallTags): boolean {
  return [clientId, project, scenarioId, scenarioPlatform, keyId].some((value) => value !== undefined);
}

/** One moment after the other, newest first, until the page is full: `lateral` with an order of its own keeps it so. */
async function callsAt(
  db: Db,
  { sources, from, to }: { sources: readonly CallSource[]; from: Date; to: Date },
  page: CallConditions,
): Promise<unknown[]> {
  const values: unknown[] = [...page.values, from, to];
  const hours = (column: string): string =>
    `${column} >= $${page.values.length + 1} and ${column} < $${page.values.length + 2}`;
  const moments = sources
    .map((source) => {
      const text = source.text(values.length + 1, hours);
      values.push(...source.values);
      return `(${text})`;
    })
    .join(' intersect ');
  const { rows } = await db.query(
    `select call.* from (select distinct at from (${moments}) as every order by at desc) as moment
     cross join lateral (
       select ${page.columns} from calls
       where workspace_id = $1 and livemode = $2 and created_at >= moment.at and created_at < moment.at + interval '1 millisecond' ${page.conditions}
       order by calls.created_at desc, calls.id desc limit $5) as call
     limit $5`,
    values,
  );
  return rows;
}
