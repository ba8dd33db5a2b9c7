import { contract } from '@ai-gateway/shared/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const dayMs = 86_400_000;
/** Four days that are over and summed, and the four before them for comparisons. */
const to = new Date((Math.floor(Date.now() / dayMs) - 1) * dayMs);
const from = new Date(to.getTime() - 4 * dayMs);

/** Operations with a range of time that are not sums of usage, each with the reason. */
const others: Readonly<Record<string, string>> = {
  'feedback.list': 'lists feedback, a page at a time',
  'usage.requests': 'lists calls',
  'prompts.diff': 'compares two versions',
  'audit.list': 'lists changes',
  'refusals.list': 'refused calls are in a table of their own',
  'refusals.summary': 'refused calls are in a table of their own',
};

/** Filters and choices that the sums do not know, so that every call of the range is read. */
const readingCalls: Readonly<Record<string, readonly string[]>> = {
  // Histograms are kept by model, provider and client.
  'usage.latency': ['project', 'scenario_id', 'scenario_platform', 'key_id'],
};

/** What is asked beside the range: each choice of each field, and each filter by tag. */
const filters: Readonly<Record<string, string>> = {
  client_id: 'client-1',
  project: 'project-1',
  scenario_id: 'scenario-1',
  scenario_platform: 'make',
  key_id: 'key-1',
  model: 'model-1',
  provider: 'provider-1',
  timezone: 'Europe/Berlin',
};

type Fields = Readonly<Record<string, z.ZodType>>;

/** The choices of a field, whatever is wrapped around them. */
function choicesOf(field: z.ZodType): string[] {
  const { enum: choices, anyOf } = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as {
    enum?: unknown[];
    anyOf?: { enum?: unknown[] }[];
  };
  return (choices ?? anyOf?.flatMap((one) => one.enum ?? []) ?? []).filter((one) => typeof one === 'string');
}

function queriesOf(id: string, fields: Fields): string[] {
  const left = readingCalls[id] ?? [];
  const all = Object.entries(fields).flatMap(([name, field]) => {
    if (name === 'format' || name === 'for' || left.includes(name)) return [];
    const filter = filters[name];
    const values = filter === undefined ? choicesOf(field) : [filter];
    return values.map((value) => `${name}=${value}`);
  });
  return ['', ...all.filter((query) => !left.includes(query)).map((query) => `&${query}`)];
}

const summing = contract.flatMap(({ id, method, path, input }) => {
  const { shape } = input as unknown as { shape?: Fields };
  return method === 'GET' && shape?.from !== undefined && shape.to !== undefined && !(id in others)
    ? [{ id, path: path.replace(':id', 'reply'), fields: shape }]
    : [];
});

describe('usage of whole days that are over', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
    const { pool } = gateway.database;
    await pool.query('select ensure_call_partitions($1::date, 2)', [new Date(from.getTime() - 5 * dayMs)]);
    await pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform, dialect,
         streamed, model_requested, model, provider, metered, input_tokens, cached_tokens, output_tokens, cost_nanos, cache, saved_nanos, total_ms, shadow_of,
         task, chosen_by, saved_route_nanos, prompt_id, prompt_version, json_ok)
       select w.id, $1::timestamptz + n * interval '17 minutes', 'req_' || n, true, 'gone', 'succeeded', 'key-' || n % 3, 'client-' || n % 5,
         'project-' || n % 4, 'scenario-' || n % 4, 'make', 'chat', false, 'm', 'model-' || n % 3, 'provider-' || n % 2, true, n, n % 10, n % 100,
         n * 1001000, case when n % 9 = 0 then 'hit' end, n % 11 * 1000000, 100 + n % 900, case when n % 13 = 0 then 'req_asked' end,
         case when n % 7 > 0 then decode(repeat('0' || n % 7, 16), 'hex') end, case n % 4 when 0 then 'rule' when 1 then null else 'auto' end, n % 23 * 1000000 - 5000000,
         'reply', 1 + n % 2, n % 3 > 0
       from workspaces w, generate_series(0, 680) n`,
      [new Date(to.getTime() - 8 * dayMs)],
    );
    await pool.query(
      `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
       select w.id, true, decode(repeat('0' || n, 16), 'hex'), 'model-' || n % 3, 'strong', 'classify', 128, 128 - 32 * n, 0.5 / n, 1, ''
       from workspaces w, generate_series(1, 2) n`,
    );
    await pool.query(`insert into prompts (workspace_id, id, name) select id, 'reply', 'Reply' from workspaces`);
    await pool.query(
      `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
       select workspace_id, id, 'user', true, 0.5, 'key', now(), created_at from calls where substr(id, 5)::integer % 4 = 0`,
    );
    while (await rollUp(pool, Date.now()));
  }, 60_000);
  afterAll(() => gateway.stop());

  it('knows the operations that sum', () => {
    expect(summing.map(({ id }) => id)).toEqual([
      'usage.clients',
      'usage.series',
      'usage.movers',
      'usage.latency',
      'savings.get',
      'prompts.metrics',
    ]);
    for (const id of Object.keys(others)) expect(contract.map((one) => one.id as string)).toContain(id);
  });

  it('is read from sums alone: it is the same once the calls are gone, by any grouping, figure and filter', async () => {
    const range = `from=${from.toISOString()}&to=${to.toISOString()}`;
    const asked = summing.flatMap(({ id, path, fields }) =>
      queriesOf(id, fields).map((more) => `${path}?${range}${more}`),
    );
    const answers = async (): Promise<Map<string, string>> => {
      const all = new Map<string, string>();
      for (const url of asked) {
        const answer = await gateway.get(url);
        all.set(url, `${answer.status} ${await answer.text()}`);
      }
      return all;
    };
    const before = await answers();
    expect(asked.length).toBeGreaterThan(40);
    expect([...before].filter(([, text]) => !text.startsWith('200 '))).toEqual([]);
    expect(before.get(`/v1/usage/clients?${range}`)).toContain('client-1');
    for (const by of ['day', 'client', 'task', 'model'])
      expect(before.get(`/v1/savings?${range}&group_by=${by}`), by).toContain('"evidence":{"pairs":');
    expect(before.get(`/v1/prompts/reply/metrics?${range}`)).toContain('"feedback_score":0.5');
    await gateway.database.pool.query('truncate calls');
    const after = await answers();
    for (const [url, text] of before) expect(after.get(url), url).toBe(text);
  }, 60_000);
});
