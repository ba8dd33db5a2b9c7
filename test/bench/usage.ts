import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createPool } from '../../gateway/src/db/pool.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { percentile } from './load.ts';
import type { BenchGateway } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

interface Target {
  gateway: BenchGateway;
  key: string;
  connection: pg.ClientConfig;
}

/** Twenty million are the figure; fewer make a quick look. */
const callCount = Number(process.env.CALLS ?? 20_000_000);
const days = 30;
const slice = 500_000;
/** As many calls are of tags, keys and a status that no other call has. */
const rareCalls = 40;

/** Calls of a month, made by the database itself; summed up as the gateway does by the hour. Half of them first. */
export async function usageFigures(note: Note, target: Target): Promise<void> {
  console.log(`\nusage over ${callCount.toLocaleString('en-US')} calls, a month, 500 clients`);
  const client = new pg.Client(target.connection);
  // A later statement fails with the same reason; without a listener this event would end the bench first.
  client.on('error', () => {});
  await client.connect();
  await client.query(`set statement_timeout = 0`);
  const { rows } = await client.query('select id from workspaces limit 1');
  const workspace = (rows[0] as { id: string }).id;
  // A whole hour, as the days of nearly every zone begin: the calls of an odd first hour are read one by one, however many there are.
  const from = new Date(Math.floor(Date.now() / 3_600_000 - (days + 1) * 24) * 3_600_000);
  await client.query('select ensure_call_partitions($1::date, 2)', [from]);
  const half = callCount / 2;
  await makeCalls(client, { workspace, from, first: 0, end: half });
  await forgetSums(client);
  await sumUp(client, target.connection);
  const first = await timeByClient(target, from, half);
  await makeCalls(client, { workspace, from, first: half, end: callCount });
  await forgetSums(client);
  await sumUp(client, target.connection);
  const second = await timeByClient(target, from, callCount);
  note('usage by client, first page, s', second / 1000, '≤ 1');
  note('usage by client: all calls ÷ half of them', second / first, '≤ 1.5');
  await filters(note, target, from);
  await client.end();
  await csv(note, target, from);
}

/** Spread over the month evenly; both halves have calls of every hour. */
async function makeCalls(
  client: pg.Client,
  { workspace, from, first, end }: { workspace: string; from: Date; first: number; end: number },
): Promise<void> {
  for (let at = first; at < end; at += slice)
    await client.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform,
         execution_id, dialect, streamed, model_requested, model, provider, route, attempts, input_tokens, cached_tokens, output_tokens, cost_nanos, hold_nanos, total_ms)
       select $1, date_trunc('milliseconds', $2::timestamptz + (n::float8 * 2 / $3 - (n >= $3 / 2)::integer) * interval '${days} days'), 'req_bench' || n, true, 'gone',
         case when rare then 'cancelled' when client % 2 = 0 and n % 50 < 2 then 'failed' else 'succeeded' end,
         case when rare then 'key_rare' else 'key_bench' end, case when rare then 'quiet' else 'client-' || client end,
         case when rare then 'quiet' else 'project-' || client % 3 end, case when rare then 'quiet' else 'scenario-' || client || '-' || n % 2 end,
         case when rare then 'zapier' else 'make' end, case when rare then 'run-rare' else 'run-' || n / 3 end, 'chat', false, 'gpt-4o',
         case when rare then 'rare-model' when n % 3 = 0 then 'gpt-4o' when n % 3 = 1 then 'gpt-4o-mini' else 'claude-sonnet-4-6' end,
         case when rare then 'mistral' else 'openai' end, 'asked for', case when rare or n % 100 = 3 then 2 else 1 end, 1200, 0, 80,
         case when rare then 90000000 else 200000 + n % 50000 end, 300000, 900
       from (select n, (hashint4(n) & 1023) % 500 as client, n % ($3 / ${rareCalls}) = 7 as rare
         from generate_series($4::integer, $5::integer) n) as numbers`,
      [workspace, from, callCount, at, Math.min(end, at + slice) - 1],
    );
}

/** Calls that are written past the gateway, into hours that it has summed meanwhile, are in none of its sums. */
async function forgetSums(client: pg.Client): Promise<void> {
  await client.query(
    'truncate usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_prompt_hours, usage_prompt_days, usage_stale_hours, call_groups, call_times, execution_times, call_kinds, call_kind_times; delete from usage_rollup',
  );
}

async function sumUp(client: pg.Client, connection: pg.ClientConfig): Promise<void> {
  await client.query('analyze calls');
  const pool = createPool(connection, { connections: 3 });
  const began = performance.now();
  // The gateway's own job may be at it already: it is done, by either of them, when the hours before the last two are summed.
  for (;;) {
    if (await rollUp(pool, Date.now())) continue;
    const { rows } = await client.query(
      `select least(until, timed_until, kinds_until) > now() - interval '3 hours' as done from usage_rollup`,
    );
    if ((rows[0] as { done: boolean | null } | undefined)?.done) break;
    await sleep(200);
  }
  await client.query(
    'analyze usage_hours, usage_days, call_groups, call_times, execution_times, call_kinds, call_kind_times',
  );
  console.log(`  summed up in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  await pool.end();
}

async function get<T>({ gateway, key }: Target, path: string): Promise<T> {
  const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

async function timeByClient(target: Target, from: Date, count: number): Promise<number> {
  const times: number[] = [];
  // The fastest of many: what other work on the machine adds is no part of it.
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    const page = await get<{ data: unknown[]; totals: { requests: number } }>(
      target,
      `/v1/usage/clients?from=${from.toISOString()}&limit=100`,
    );
    times.push(performance.now() - began);
    if (page.data.length !== 100 || page.totals.requests < count) throw new Error('usage: not all calls are there');
  }
  return Math.min(...times);
}

/** Every filter there is where few calls match, alone and together, and pairs that many match and no call has both of. */
async function filters(note: Note, target: Target, from: Date): Promise<void> {
  const rare = {
    client_id: 'quiet',
    project: 'quiet',
    scenario_id: 'quiet',
    scenario_platform: 'zapier',
    execution_id: 'run-rare',
    key_id: 'key_rare',
    status: 'cancelled',
    model: 'rare-model',
    provider: 'mistral',
    min_cost_usd: '0.05',
  };
  const asked: [Record<string, string>, number][] = [
    ...Object.entries(rare).map(([field, value]): [Record<string, string>, number] => [{ [field]: value }, rareCalls]),
    [rare, rareCalls],
    [{ failed_over: 'true' }, 100],
    [{ failed_over: 'true', client_id: 'quiet' }, rareCalls],
    [{ model: 'nobody' }, 0],
    [{ min_cost_usd: '1' }, 0],
    [{ client_id: 'client-1', min_cost_usd: '0.05' }, 0],
    [{ execution_id: 'run-12345' }, 3],
    [{ client_id: 'nobody' }, 0],
    [{ execution_id: 'never' }, 0],
    [{ status: 'interrupted' }, 0],
    [{ client_id: 'client-1', project: 'project-2' }, 0],
    [{ client_id: 'client-1', status: 'failed' }, 0],
    [{ project: 'project-1', scenario_platform: 'zapier' }, 0],
  ];
  let slowest = 0;
  for (const [filter, found] of asked) {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const began = performance.now();
      const query = new URLSearchParams({ from: from.toISOString(), limit: '100', ...filter });
      const page = await get<{ data: unknown[] }>(target, `/v1/usage/requests?${query}`);
      times.push(performance.now() - began);
      if (page.data.length !== found)
        throw new Error(`filter ${JSON.stringify(filter)}: ${page.data.length} calls in place of ${found}`);
    }
    const middle = percentile(times, 50);
    console.log(
      `  ${Object.keys(rare).length === Object.keys(filter).length ? 'all of these' : JSON.stringify(filter)}: ${middle.toFixed(1)} ms`,
    );
    slowest = Math.max(slowest, middle);
  }
  note('single calls by a filter that few match, the slowest, ms', slowest, '≤ 50');
}

async function csv(note: Note, target: Target, from: Date): Promise<void> {
  const { gateway, key } = target;
  const before = gateway.rss();
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, gateway.rss());
  }, 200);
  const began = performance.now();
  // Ten million lines say what twenty would.
  const to = new Date(from.getTime() + (days / 2) * 86_400_000);
  const answer = await fetch(
    `${gateway.url}/v1/usage/requests?format=csv&from=${from.toISOString()}&to=${to.toISOString()}`,
    { headers: { authorization: `Bearer ${key}` } },
  );
  let lines = 0;
  for await (const chunk of answer.body ?? []) for (const byte of chunk as Uint8Array) if (byte === 10) lines += 1;
  clearInterval(watching);
  if (lines < callCount / 2) throw new Error(`the CSV has ${lines} lines`);
  console.log(
    `  CSV of ${lines.toLocaleString('en-US')} lines in ${((performance.now() - began) / 1000).toFixed(0)} s; RSS ${before.toFixed(0)} → ${most.toFixed(0)} MB`,
  );
  note('CSV of single calls, RSS growth, MB', most - before, '≤ 50');
}
