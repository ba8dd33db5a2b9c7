import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import { liftStatementLimit, waitWithoutLimit, wholeInstallationMinutes } from '../db/transaction-settings.ts';

const rowsAtOnce = 1_000;

/**
 * In an order in which each can be written after those before it. Leases are not among them: a gateway that starts on the copy
 * acquires again. Sums of usage are made again from the calls, but those of months whose calls are gone.
 */
const tables = [
  'secret_proof',
  'workspaces',
  'workspace_settings',
  'api_keys',
  'rolled_keys',
  'provider_accounts',
  'people',
  'passwords',
  'passkeys',
  'totp',
  'recovery_codes',
  'identities',
  'members',
  'invitations',
  'saved_views',
  'processes',
  'unposted_batches',
  'budgets',
  'budget_changes',
  'meters',
  'calls',
  'unwritten_calls',
  'filed_postings',
  'dropped_months',
  'usage_hours',
  'usage_days',
  'usage_quarters',
  'usage_task_hours',
  'usage_task_days',
  'usage_task_quarters',
  'usage_prompt_hours',
  'usage_prompt_days',
  'usage_prompt_quarters',
  'refusals',
  'call_attempts',
  'feedback',
  'experiments',
  'experiment_units',
  'idempotent_answers',
  'background_calls',
  'stored_answers',
  'events',
  'webhooks',
  'removed_webhooks',
  'deliveries',
  'mail_addresses',
  'provider_states',
  'slow_models',
  'tag_values',
  'clients',
  'portal_links',
  'erased_clients',
  'erased_workspaces',
  'erased_people',
  'invoices',
  'scenario_states',
  'scenario_limits',
  'scenario_names',
  'rate_limits',
  'status_days',
  'incidents',
  'incident_updates',
  'connections',
  'bought_plans',
  'stripe_events',
  'overage_reports',
  'sso_connections',
  'domains',
  'scim_tokens',
  'scim_users',
  'scim_groups',
  'scim_group_members',
  'audit_log',
  'stops',
  'prompts',
  'prompt_versions',
  'prompt_labels',
  'prompt_label_log',
  'routing_versions',
  'unreachable_rules',
  'task_rates',
  'task_rates_until',
  'task_claims',
  'shadow_days',
  'learned_samples',
  'learned_heads',
  'chosen_heads',
] as const;

/** Of sums: only what cannot be made again. */
const sumsOnly: Partial<Record<string, string>> = {
  usage_hours: 'where exists (select 1 from dropped_months d where t.hour >= d.from_at and t.hour < d.to_at)',
  experiment_units: 'where exists (select 1 from dropped_months d where t.hour >= d.from_at and t.hour < d.to_at)',
  usage_task_hours: 'where exists (select 1 from dropped_months d where t.hour >= d.from_at and t.hour < d.to_at)',
  usage_task_days: 'where exists (select 1 from dropped_months d where t.day >= d.from_at and t.day < d.to_at)',
  usage_prompt_hours: 'where exists (select 1 from dropped_months d where t.hour >= d.from_at and t.hour < d.to_at)',
  usage_prompt_days: 'where exists (select 1 from dropped_months d where t.day >= d.from_at and t.day < d.to_at)',
  usage_days: 'where exists (select 1 from dropped_months d where t.day >= d.from_at and t.day < d.to_at)',
};

export type Table = (typeof tables)[number];

/**
 * Tables that a copy computes again: sums from the calls, the moments of rare calls with them. Also left out: money that processes
 * have leased, which a gateway that starts on the copy leases again; answers of the response cache, which models give again; and sessions and links, which may have been ended since: people sign
 * in again.
 */
export const leftOut: readonly string[] = [
  'schema_migrations',
  'database_timelines',
  'sso_used',
  'leases',
  'usage_rollup',
  'status_watch',
  'usage_stale_hours',
  'call_groups',
  'call_times',
  'call_kinds',
  'call_kind_times',
  'execution_times',
  'experiment_looks',
  'experiment_marks',
  'experiment_totals',
  'prompt_marks',
  'latency_hours',
  'latency_days',
  'usage_narrow_hours',
  'usage_narrow_days',
  'sessions',
  'sign_in_links',
  'sign_in_failures',
  'portal_sessions',
  'passkey_challenges',
  'cached_answers',
];

export interface DumpedRows {
  table: Table;
  /** Rows as Postgres writes them: `row_to_json`. */
  rows: string[];
}

/** About how many rows there are, as Postgres remembers it: for the time that is left. */
export async function estimateRows(db: Pick<Pool, 'query'>): Promise<number> {
  const { rows } = await db.query(
    `select coalesce(sum(greatest(c.reltuples, 0)), 0)::double precision as rows from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and (c.relname = any($1)
       or exists (select 1 from pg_inherits i where i.inhrelid = c.oid and i.inhparent = 'calls'::regclass))`,
    [tables],
  );
  return Math.round((rows[0] as { rows: number }).rows);
}

/** Every row of every table as of one moment; those that a database of an older version does not have are passed over. */
export async function* dumpRows(pool: Pool): AsyncGenerator<DumpedRows> {
  const client = await pool.connect();
  let setBack: (() => void) | undefined;
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    setBack = await liftStatementLimit(client, wholeInstallationMinutes);
    await waitWithoutLimit(client);
    for (const table of await existing(client)) {
      const conditions = sumsOnly[table] ?? '';
      await client.query(
        `declare rows no scroll cursor for select row_to_json(t)::text as row from ${pg.escapeIdentifier(table)} t ${conditions}`,
      );
      for (;;) {
        const { rows } = await client.query(`fetch ${rowsAtOnce} from rows`);
        if (rows.length === 0) break;
        yield { table, rows: (rows as { row: string }[]).map(({ row }) => row) };
      }
      await client.query('close rows');
    }
  } finally {
    setBack?.();
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

async function existing(client: PoolClient): Promise<Table[]> {
  const { rows } = await client.query(
    'select name from unnest($1::text[]) with ordinality as t (name, at) where to_regclass(quote_ident(name)) is not null order by at',
    [tables],
  );
  const names = (rows as { name: Table }[]).map(({ name }) => name);
  // Before there were dropped months, every sum could be made again.
  return names.includes('dropped_months') ? names : names.filter((name) => sumsOnly[name] === undefined);
}

export function isTable(name: unknown): name is Table {
  return tables.includes(name as Table);
}

export async function isEmpty(db: Pick<Pool, 'query'>): Promise<boolean> {
  const { rows } = await db.query('select not exists (select 1 from workspaces) as empty');
  return (rows[0] as { empty: boolean }).empty;
}

/** A start that failed may have left its own, which is no proof of the secret the copy is sealed with. */
export async function dropProof(tx: PoolClient): Promise<void> {
  await tx.query('delete from secret_proof');
}

/** Writes rows as they were dumped; months of calls are made as they come. */
export async function loadRows(tx: PoolClient, { table, rows }: DumpedRows): Promise<void> {
  const json = `[${rows.join(',')}]`;
  if (table === 'calls')
    await tx.query(
      `select ensure_call_partitions(first::date,
         (12 * (extract(year from last) - extract(year from first)) + extract(month from last) - extract(month from first))::integer)
       from (
         select min(created_at) at time zone 'UTC' as first, max(created_at) at time zone 'UTC' as last
         from json_to_recordset($1::json) as r (created_at timestamptz)) as months`,
      [json],
    );
  const table_ = pg.escapeIdentifier(table);
  // A copy of processes would be taken for dead ones: which is what they are.
  await tx.query(
    `insert into ${table_} overriding system value select * from json_populate_recordset(null::${table_}, $1::json)`,
    [json],
  );
}

/** Completes a loaded dump: leases are given back, counters of ids go on where they were. */
export async function settleLoaded(tx: PoolClient): Promise<void> {
  await tx.query('update meters set leased_nanos = 0 where leased_nanos <> 0');
  await tx.query(`select setval(pg_get_serial_sequence('meters', 'id'), (select coalesce(max(id), 1) from meters))`);
  await tx.query(
    `select setval(pg_get_serial_sequence('processes', 'lock_number'), (select coalesce(max(lock_number), 1) from processes))`,
  );
}
