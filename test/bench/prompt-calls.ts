import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';

/** A million are the figure; fewer make a quick look. */
export const promptCallCount = Number(process.env.CALLS ?? 1_000_000);
export const promptDays = 30;
const slice = 250_000;

/** The prompt of six calls in ten, and the experiments that divide them: by runs, of two calls each, and by 500 clients. */
export interface PromptTarget {
  workspace: string;
  promptId: string;
  byRun: string;
  byClient: string;
}

/** Calls of a month and an opinion of each sixth of the prompt's, made by the database itself and summed up by the gateway's own job. */
export async function makePromptCalls(client: pg.Client, pool: pg.Pool, target: PromptTarget): Promise<Date> {
  const from = new Date(Math.floor(Date.now() / 3_600_000 - promptDays * 24) * 3_600_000);
  const perMs = promptCallCount / (Date.now() - 60_000 - from.getTime());
  const began = performance.now();
  await client.query('set statement_timeout = 0');
  await client.query('select ensure_call_partitions($1::date, 2)', [from]);
  const { workspace, promptId, byRun, byClient } = target;
  for (let at = 0; at < promptCallCount; at += slice)
    await client.query(calls, [
      ...[workspace, from, perMs, at, Math.min(promptCallCount, at + slice) - 1],
      ...[promptId, byRun, byClient],
    ]);
  await client.query('analyze calls');
  await addOpinions(client, target, { each: 6, name: 'user' });
  console.log(`  written in ${secondsSince(began)} s`);
  const summing = performance.now();
  // The gateway's own job may have passed these hours before.
  await client.query(
    'truncate usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_prompt_hours, usage_prompt_days, experiment_units, usage_stale_hours, call_groups, call_times, execution_times, call_kinds, call_kind_times, latency_hours, latency_days; delete from usage_rollup',
  );
  await untilSummed(client, pool);
  await client.query('analyze');
  console.log(`  summed up by the gateway's job in ${secondsSince(summing)} s`);
  return from;
}

/** Of every `each`th call of the prompt. Returns how many. */
export async function addOpinions(
  client: pg.Client,
  { workspace, promptId }: PromptTarget,
  { each, name }: { each: number; name: string },
): Promise<number> {
  const { rowCount } = await client.query(
    `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
     select workspace_id, id, $3, livemode, (substr(id, 10)::integer % 5 > 0)::integer, key_id, now(), created_at from calls
     where workspace_id = $1 and prompt_id = $2 and substr(id, 10)::integer / 2 % $4::integer = 0`,
    [workspace, promptId, name, each],
  );
  return rowCount ?? 0;
}

/** Three versions; a run is two calls that follow each other. Unlike clients have unlike costs and times. */
const calls = `
  insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, execution_id, dialect, streamed, model_requested,
    model, provider, route, attempts, input_tokens, cached_tokens, output_tokens, cost_nanos, hold_nanos, ttft_ms, total_ms, json_ok, prompt_id,
    prompt_version, experiment_id, arm, unit)
  select $1, date_trunc('milliseconds', $2::timestamptz + n::float8 / $3::float8 * interval '1 millisecond'), 'req_bench' || n, true, 'gone',
    case when n % 50 = 7 then 'failed' else 'succeeded' end, 'key_bench', 'client-' || client, 'run-' || run, 'chat', false, 'prompt', 'model-' || client % 3,
    'openai', 'asked for', 1, 1200, 0, 60 + n % 50, 200000 + client * 100 + n % 5000, 300000, 200 + n % 300, 800 + (hashint4(n) & 2047), n % 20 > 0,
    case when n / 2 % 10 < 6 then $6 end, case when n / 2 % 10 < 6 then 1 + (hashint4(run) & 1) end,
    case when n / 2 % 10 < 3 then $7 when n / 2 % 10 < 6 then $8 end,
    case when n / 2 % 10 < 6 then case when hashint4(case when n / 2 % 10 < 3 then run else client end) & 1 = 0 then 'A' else 'B' end end,
    case when n / 2 % 10 < 6 then decode('0001' || substr(md5(case when n / 2 % 10 < 3 then 'run-' || run else 'client-' || client end), 1, 28), 'hex') end
  from (select n, n / 2 as run, (hashint4(n / 2) & 1048575) % 500 as client from generate_series($4::integer, $5::integer) n) as numbers`;

async function untilSummed(client: pg.Client, pool: pg.Pool): Promise<void> {
  for (;;) {
    if (await rollUp(pool, Date.now())) continue;
    const { rows } = await client.query(
      `select least(until, prompts_until, units_until) > now() - interval '3 hours' as done from usage_rollup`,
    );
    if ((rows as { done: boolean | null }[])[0]?.done === true) return;
    await sleep(200);
  }
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
