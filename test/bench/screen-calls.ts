import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { countRates } from '../../gateway/src/routing/task-rates-store.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';

/** Ten million are the figure; fewer make a quick look. */
export const callCount = Number(process.env.CALLS ?? 10_000_000);
export const days = 30;
const tasks = 200;
const slice = 500_000;

/** The calls that were made: `calls` of them from `from` on, `perMs` a millisecond. */
export interface MadeCalls {
  workspace: string;
  from: number;
  perMs: number;
  calls: number;
}

/** Calls of a month, made by the database itself and summed up by the gateway's own job. */
export async function makeScreenCalls(client: pg.Client, pool: pg.Pool, workspace: string): Promise<MadeCalls> {
  const from = Math.floor(Date.now() / 3_600_000 - days * 24) * 3_600_000;
  const began = performance.now();
  const made = await addCalls(client, { workspace, from, perMs: callCount / (lastMoment() - from), calls: 0 });
  await client.query(tags, [workspace, new Date(from)]);
  await client.query(claims, [workspace]);
  console.log(`  ${made.calls.toLocaleString('en-US')} calls written in ${secondsSince(began)} s`);
  await sumUp(client, pool);
  return made;
}

/** As many calls a minute as before, until a minute ago. The hours of a database that was kept go on so; no gateway may sum them meanwhile. */
export async function addCalls(client: pg.Client, made: MadeCalls): Promise<MadeCalls> {
  const { workspace, perMs } = made;
  const from = new Date(made.from);
  await client.query('set statement_timeout = 0');
  await client.query('select ensure_call_partitions($1::date, 2)', [from]);
  const calls = Math.round((lastMoment() - made.from) * perMs);
  for (let at = made.calls; at < calls; at += slice)
    await client.query(manyCalls, [workspace, from, perMs, at, Math.min(calls, at + slice) - 1]);
  return { ...made, calls };
}

function lastMoment(): number {
  return Date.now() - 60_000;
}

/** Fifty calls of each client in the middle of last month. */
export async function makeBilledCalls(
  client: pg.Client,
  pool: pg.Pool,
  { workspace, clients }: { workspace: string; clients: number },
): Promise<void> {
  const now = new Date();
  const at = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15));
  await client.query('select ensure_call_partitions($1::date, 3)', [at]);
  await client.query(billedCalls, [workspace, at, clients]);
  // Hours that the job has passed are summed for these calls too.
  await client.query(
    `insert into usage_stale_hours (hour) select distinct date_trunc('hour', created_at, 'UTC') from calls where workspace_id = $1`,
    [workspace],
  );
  await untilSummed(client, pool, 'not exists (select 1 from usage_stale_hours where hour < until)');
}

/**
 * 12 models, 500 clients, two scenarios each; times are lognormal, as those of models are. Two calls in five use `auto`, at four tasks a client of
 * 200: of these the small model answers two in three, and saves what the strong one costs more.
 */
const manyCalls = `
  insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform, dialect,
    streamed, model_requested, model, provider, route, attempts, input_tokens, cached_tokens, output_tokens, cost_nanos, hold_nanos, ttft_ms, total_ms,
    task, chosen_by, saved_nanos, saved_route_nanos)
  select $1, date_trunc('milliseconds', $2::timestamptz + n::float8 / $3::float8 * interval '1 millisecond'), 'req_bench' || n, true, 'gone',
    case when n % 50 = 7 then 'failed' else 'succeeded' end, 'key_bench', 'client-' || client, 'project-' || client % 3, 'scenario-' || client || '-' || n % 2,
    'make', 'chat', n % 4 = 0, case when is_auto then 'auto' else 'model-' || model end, 'model-' || model,
    case model % 3 when 0 then 'openai' when 1 then 'anthropic' else 'gemini' end, 'asked for',
    case when n % 100 = 3 then 2 else 1 end, 1200, 0, 80, 200000 + n % 50000, 300000, (ms / 4)::integer, ms::integer,
    case when is_auto then decode(md5('task-' || (client * 4 + n % 4) % ${tasks}), 'hex') end, case when is_auto then 'auto' end,
    case when is_auto then saved end, case when is_auto then saved end
  from (select *, case when model = 0 then 400000 + n % 70000 else 0 end as saved,
      greatest(1, exp(6.5 + model * 0.1 + 0.6 * sqrt(-2 * ln(((hashint4(n + 1) & 1048575) + 1) / 1048577.0)) * cos(6.283185 * (hashint4(n + 2) & 1048575) / 1048576.0))) as ms
    from (select *, case when is_auto then (n % 3 = 0)::integer else n % 12 end as model
      from (select n, (hashint4(n) & 1048575) % 500 as client, n % 5 < 2 as is_auto from generate_series($4::integer, $5::integer) n) as numbers) as chosen) as timed`;

/** Second answers have compared each task; three in four are cleared. */
const claims = `
  insert into task_claims (workspace_id, livemode, task, topic, weak, strong, pairs, agreed, lower, upper, recent, cleared_at)
  select $1, true, decode(md5('task-' || n), 'hex'), 'classify', 'model-0', 'model-1', 200, 200 - n % 20, 0.985 - n % 20 * 0.005, 1, repeat('1', 200),
    case when n % 4 > 0 then now() end
  from generate_series(0, ${tasks} - 1) n on conflict do nothing`;

const tags = `
  insert into tag_values (workspace_id, livemode, kind, id, folded, first_call_at, last_call_at, platform)
  select $1, true, kind, id, id, $2, now(), case kind when 'scenario' then 'make' end
  from (select 'client' as kind, 'client-' || n as id from generate_series(0, 499) n
    union all select 'project', 'project-' || n from generate_series(0, 2) n
    union all select 'scenario', 'scenario-' || n / 2 || '-' || n % 2 from generate_series(0, 999) n) as seen`;

const billedCalls = `
  insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed, model_requested, model,
    provider, route, attempts, input_tokens, cached_tokens, output_tokens, cost_nanos, hold_nanos, total_ms)
  select $1, $2::timestamptz + n * interval '1 minute', 'req_bill' || n, true, 'gone', 'succeeded', 'key_bench', 'client-' || n % $3, 'scenario-' || n % 7,
    'chat', false, 'gpt-4o', case n % 2 when 0 then 'gpt-4o' else 'gpt-4o-mini' end, 'openai', 'asked for', 1, 1200, 0, 800, 20000000, 30000000, 900
  from generate_series(1, $3 * 50) n`;

/** Calls written past the gateway are in none of its sums, and its own job may have summed their hours before. */
async function sumUp(client: pg.Client, pool: pg.Pool): Promise<void> {
  await client.query(
    'truncate usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_prompt_hours, usage_prompt_days, usage_stale_hours, call_groups, call_times, execution_times, call_kinds, call_kind_times, latency_hours, latency_days, task_rates, task_rates_until; delete from usage_rollup',
  );
  await client.query('analyze calls');
  const began = performance.now();
  await untilSummed(
    client,
    pool,
    `least(until, timed_until, kinds_until, latency_until, narrow_until, tasks_until) > now() - interval '3 hours'`,
  );
  await untilDone(
    client,
    () => countRates(pool, Date.now()),
    `(select until from task_rates_until) > now() - interval '3 hours'`,
  );
  await client.query('analyze');
  console.log(`  summed up by the gateway's job in ${secondsSince(began)} s`);
}

async function untilSummed(client: pg.Client, pool: pg.Pool, done: string): Promise<void> {
  await untilDone(client, () => rollUp(pool, Date.now()), `(select ${done} from usage_rollup)`);
}

/** Another process may be at the same work. */
async function untilDone(client: pg.Client, work: () => Promise<boolean>, done: string): Promise<void> {
  for (;;) {
    if (await work()) continue;
    const { rows } = await client.query(`select ${done} as done`);
    if ((rows[0] as { done: boolean | null }).done) return;
    await sleep(200);
  }
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
