import type { Db } from '../db/transaction.ts';
import { endedDays } from './ended-days.ts';
import { sumColumns, sumsOfSums } from './sum-columns.ts';

export type SumColumn =
  | 'client_id'
  | 'project'
  | 'scenario_id'
  | 'scenario_platform'
  | 'key_id'
  | 'model'
  | 'provider'
  | 'metered';

/** The columns of each kind of narrow sums, the kinds with the fewest rows first. All but models know the client, whose markup makes the billed amount. */
const kinds = {
  model: ['model', 'provider'],
  client: ['client_id', 'metered'],
  project: ['client_id', 'project'],
  key: ['client_id', 'key_id'],
  scenario: ['client_id', 'scenario_id', 'scenario_platform'],
} as const satisfies Record<string, readonly SumColumn[]>;

type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

/** Where sums of these columns are read; a condition of their rows begins with "and". */
export interface SumTables {
  hours: string;
  days: string;
  ofKind: string;
}

export const wideTables: SumTables = { hours: 'usage_hours', days: 'usage_days', ofKind: '' };

/** The tables with the fewest rows that know these columns. `isNarrow`: the narrow sums have come as far as the others. */
export function tablesFor(columns: readonly SumColumn[], isNarrow: boolean): SumTables {
  const kind = isNarrow ? kindNames.find((name) => knows(name, columns)) : undefined;
  if (kind === undefined) return wideTables;
  return { hours: 'usage_narrow_hours', days: 'usage_narrow_days', ofKind: `and kind = '${kind}'` };
}

function knows(kind: Kind, columns: readonly SumColumn[]): boolean {
  const known: readonly SumColumn[] = kinds[kind];
  return columns.every((column) => known.includes(column));
}

const tags = [
  'client_id',
  'project',
  'scenario_id',
  'scenario_platform',
  'key_id',
  'model',
  'provider',
  'metered',
] as const;
const hoursOf = (kind: Kind): string => {
  const known: readonly SumColumn[] = kinds[kind];
  const columns = tags.map((column) => (known.includes(column) ? column : `null as ${column}`));
  return `select workspace_id, livemode, '${kind}', hour, ${columns.join(', ')}, ${sumsOfSums}
    from usage_hours where hour >= $1 and hour < $2 group by workspace_id, livemode, hour, ${known.join(', ')}`;
};
const addHours = `
  insert into usage_narrow_hours (workspace_id, livemode, kind, hour, ${tags.join(', ')}, ${sumColumns})
  ${kindNames.map(hoursOf).join(' union all ')}`;

const addDays = `
  insert into usage_narrow_days (workspace_id, livemode, kind, day, ${tags.join(', ')}, ${sumColumns})
  select workspace_id, livemode, kind, date_trunc('day', hour, 'UTC'), ${tags.join(', ')}, ${sumsOfSums}
  from usage_narrow_hours where hour >= $1 and hour < $2 group by workspace_id, livemode, kind, 4, ${tags.join(', ')}`;

/** Writes the narrow sums of whole hours, and of the days that ended between the two, in place of those written before. */
export async function writeNarrow(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query('delete from usage_narrow_hours where hour >= $1 and hour < $2', [from, to]);
  await tx.query(addHours, [from, to]);
  await writeNarrowDays(tx, from, to);
}

/** The days that ended between the two. */
export async function writeNarrowDays(tx: Db, from: Date, to: Date): Promise<void> {
  const days = endedDays(from, to);
  if (days === undefined) return;
  await tx.query('delete from usage_narrow_days where day >= $1 and day < $2', [...days]);
  await tx.query(addDays, [...days]);
}

/** The columns by which calls are billed: the client has the markup, where any client of the workspace has one. */
export async function billedColumns(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
): Promise<SumColumn[]> {
  const { rows } = await db.query(
    'select 1 from clients where workspace_id = $1 and livemode = $2 and markup_percent <> 0 limit 1',
    [workspaceId, livemode],
  );
  return rows.length > 0 ? ['client_id'] : [];
}

/** How far the sums go, and whether the narrow ones go as far: they are behind for some minutes after they are introduced. */
export async function summedState(db: Db): Promise<{ until: Date | undefined; isNarrow: boolean }> {
  const { rows } = await db.query(
    'select until, coalesce(narrow_until >= until, false) as "isNarrow" from usage_rollup',
  );
  const [state] = rows as { until: Date; isNarrow: boolean }[];
  return state ?? { until: undefined, isNarrow: false };
}
