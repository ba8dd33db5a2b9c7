import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { startGateway } from '../../gateway/src/start-gateway.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** Experiments over the real API: calls are divided, counted by units, judged and adopted. */
let gateway: TestGateway;
const secret = 'ab'.repeat(32);

type As = Record<string, string>;
interface Experiment {
  id: string;
  name: string;
  state: string;
  phase: number;
  arms: { name: string; share_percent: number; stopped: { guard: string; text: string } | null }[];
  verdict: { kind: string; winner: string | null; text: string } | null;
  adopted: { arm: string; rule_id: string | null; prompt: { id: string; version: number } | null } | null;
  expected: { units: number; units_per_30_days: number | null; text: string };
}
interface Results {
  verdict: string;
  winner: string | null;
  text: string;
  units: number;
  arms: {
    name: string;
    units: number;
    calls: number;
    value: number | null;
    cost_usd: number;
    error_percent: number | null;
    fallback_percent: number | null;
    difference: { lower: number; upper: number } | null;
  }[];
  without_unit_calls: number;
  downgraded_calls: number;
}
interface Row {
  experiment_id: string | null;
  arm: string | null;
  unit: Buffer | null;
  chosen_by: string | null;
  model: string | null;
  prompt_version: number | null;
}

const asTest: As = { authorization: `Bearer ${testKey}` };

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_SECRET: secret, ALLOW_PRIVATE_NETWORK: 'true' });
  await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '1 day')::date, 1)`);
});
afterEach(async () => {
  gateway.fakes.reset();
  const { data } = await json<{ data: Experiment[] }>(gateway.get('/v1/experiments?state=running', asTest));
  for (const { id } of data) {
    const live = await gateway.post(`/v1/experiments/${id}/stop`, {});
    if (live.status === 404) await json(gateway.post(`/v1/experiments/${id}/stop`, {}, asTest));
  }
});
afterAll(() => gateway.stop());

const models = [
  { name: 'A', weight: 50, model: 'gpt-4o' },
  { name: 'B', weight: 50, model: 'gpt-4o-mini' },
];
const create = (body: object, as: As = {}): Promise<Experiment> =>
  json<Experiment>(gateway.post('/v1/experiments', { metric: 'cost', arms: models, ...body }, as), 201);
async function started(body: object, as: As = {}): Promise<Experiment> {
  const { id } = await create(body, as);
  return json<Experiment>(gateway.post(`/v1/experiments/${id}/start`, {}, as));
}
const read = (id: string, as: As = {}): Promise<Experiment> => json(gateway.get(`/v1/experiments/${id}`, as));
const results = (id: string, as: As = {}): Promise<Results> => json(gateway.get(`/v1/experiments/${id}/results`, as));

/** Makes a call and returns the arm that its answer names. */
async function armOf(headers: As, body: object = {}): Promise<string | null> {
  const answer = await gateway.post(chat, hello({ model: 'auto', ...body }), headers);
  await json(answer);
  return answer.headers.get('x-gateway-experiment');
}
async function rowOf(answer: Response): Promise<Row | undefined> {
  const { rows } = await gateway.database.pool.query(
    'select experiment_id, arm, unit, chosen_by, model, prompt_version from calls where id = $1',
    [answer.headers.get('x-request-id')],
  );
  return (rows as Row[])[0];
}
const run = (execution: string, more: As = {}): As => ({ 'x-scenario-id': 's', 'x-execution-id': execution, ...more });
const workspaceId = async (): Promise<string> =>
  ((await gateway.database.pool.query('select id from workspaces limit 1')).rows as { id: string }[])[0]?.id ?? '';

/** Rows of calls as the gateway writes them, `count` units an arm, one call each. `sql` may name the number of the unit, `n`. */
async function addCalls(
  { id, phase }: Pick<Experiment, 'id' | 'phase'>,
  arm: string,
  {
    count,
    status = `'succeeded'`,
    cost = '1000000',
    livemode = true,
    at = 'now()',
    attempts = '1',
  }: {
    count: number;
    status?: string;
    cost?: string;
    livemode?: boolean;
    at?: string;
    attempts?: string;
  },
): Promise<void> {
  await gateway.database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, attempts,
       cost_nanos, output_tokens, total_ms, ttft_ms, experiment_id, arm, unit)
     select $1, ${at}, 'req_' || $2 || '_' || $3 || '_' || n, $4, 'p', ${status}, 'k', 'chat', false, 'auto', ${attempts}, ${cost}, 10, 100, 50,
       $2, $3, decode(lpad(to_hex($5::integer), 4, '0') || md5($3 || n), 'hex') from generate_series(1, $6::integer) as n`,
    [await workspaceId(), id, arm, livemode, phase, count],
  );
}

/** As if these hours had not been summed: rows that a test writes itself are not marked as late ones. */
const sumAgain = (): Promise<unknown> =>
  gateway.database.pool.query(`update usage_rollup set units_until = date_trunc('hour', now()) - interval '12 hours'`);
async function sumUp(): Promise<void> {
  while (await rollUp(gateway.database.pool, Date.now()));
}

describe('a running experiment', () => {
  it('keeps each run in one arm, names the arm in the answer and on the row of the call', async () => {
    const { id, phase } = await started({ name: 'tone' });
    const seen = new Map<string, string | null>();
    for (let i = 0; i < 24; i++) seen.set(`run-${i}`, await armOf(run(`run-${i}`)));
    expect(new Set(seen.values())).toEqual(new Set(['tone=A', 'tone=B']));
    for (const [execution, arm] of [...seen].slice(0, 6)) expect(await armOf(run(execution))).toBe(arm);
    const [execution] = [...seen].find(([, arm]) => arm === 'tone=B') ?? [''];
    const answer = await gateway.post(chat, hello({ model: 'auto' }), run(execution));
    await json(answer);
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-4o-mini');
    expect(answer.headers.get('x-gateway-route')).toBe('experiment "tone": arm B');
    const row = await rowOf(answer);
    expect(row).toMatchObject({ experiment_id: id, arm: 'B', chosen_by: 'arm', model: 'gpt-4o-mini' });
    expect(row?.unit).toHaveLength(16);
    expect(row?.unit?.readUInt16BE(0)).toBe(phase);
  });

  it('leaves out calls without the unit, and counts them', async () => {
    const { id } = await started({ name: 'without' });
    expect(await armOf({})).toBeNull();
    expect(await armOf({ 'x-scenario-id': 's' })).toBeNull();
    await armOf(run('one'));
    const found = await results(id);
    expect(found.without_unit_calls).toBe(2);
    expect(found.arms.reduce((sum, { calls }) => sum + calls, 0)).toBe(1);
    expect(found.text).toMatch(/^Too early: 1 of about \d+ runs\.$/);
  });

  it('replaces a model that the caller named only where its conditions look at the model', async () => {
    await started({ name: 'auto only' });
    expect(await armOf(run('x'), { model: 'gpt-4o' })).toBeNull();
    await started({ name: 'named', when: { field: 'model', eq: 'gpt-4o' }, priority: 1 });
    expect(await armOf(run('x'), { model: 'gpt-4o' })).toMatch(/^named=[AB]$/);
  });

  it('shares no call with another experiment: the first by priority has it', async () => {
    const second = await started({ name: 'second', priority: 20 });
    const first = await started({ name: 'first', priority: 10, when: { field: 'client_id', eq: 'acme' } });
    expect(await armOf(run('r', { 'x-client-id': 'acme' }))).toMatch(/^first=/);
    expect(await armOf(run('r', { 'x-client-id': 'globex' }))).toMatch(/^second=/);
    expect((await results(first.id)).arms.reduce((sum, { calls }) => sum + calls, 0)).toBe(1);
    expect((await results(second.id)).arms.reduce((sum, { calls }) => sum + calls, 0)).toBe(1);
  });

  it('gives a rule precedence, and takes the calls that a rule hands to it', async () => {
    const { id } = await started({ name: 'ruled', when: { field: 'client_id', eq: 'nobody' } });
    const rule = (body: object) => json<{ id: string }>(gateway.post('/v1/routing/rules', body), 201);
    const model = await rule({ name: 'pinned', when: { field: 'client_id', eq: 'p' }, then: { model: 'gpt-4o-mini' } });
    const handed = await rule({ name: 'handed', when: { field: 'client_id', eq: 'h' }, then: { experiment: id } });
    expect(await armOf(run('r', { 'x-client-id': 'p' }))).toBeNull();
    expect(await armOf(run('r', { 'x-client-id': 'h' }))).toMatch(/^ruled=[AB]$/);
    for (const one of [model, handed]) await json(gateway.send('DELETE', `/v1/routing/rules/${one.id}`), 204);
  });

  it('takes a named model where the rule looks at the model, and is passed over by rules once it has stopped', async () => {
    const { id } = await started({ name: 'handed', when: { field: 'client_id', eq: 'nobody' } });
    const rule = (body: object) => json<{ id: string }>(gateway.post('/v1/routing/rules', body), 201);
    const handed = await rule({ name: 'big', when: { field: 'model', eq: 'gpt-4o' }, then: { experiment: id } });
    const behind = await rule({
      name: 'behind',
      priority: 200,
      when: { field: 'model', eq: 'gpt-4o' },
      then: { model: 'gpt-4o-mini' },
    });
    expect(await armOf(run('r'), { model: 'gpt-4o' })).toMatch(/^handed=[AB]$/);
    await json(gateway.post(`/v1/experiments/${id}/stop`, {}));
    const answer = await gateway.post(chat, hello(), run('r'));
    await json(answer);
    expect(answer.headers.get('x-gateway-route')).toMatch(/^rule "behind" v\d+$/);
    for (const one of [handed, behind]) await json(gateway.send('DELETE', `/v1/routing/rules/${one.id}`), 204);
  });

  it('is changed in its weights without a new phase, and units only move into the arm that grows', async () => {
    const { id } = await started({ name: 'weights', unit: 'client' });
    const clients = Array.from({ length: 16 }, (_one, i) => ({ 'x-client-id': `client-${i}` }));
    const before = await Promise.all(clients.map((client) => armOf(client)));
    const heavier = models.map((arm) => (arm.name === 'B' ? { ...arm, weight: 150 } : arm));
    const changed = await json<Experiment>(gateway.send('PATCH', `/v1/experiments/${id}`, { arms: heavier }));
    expect(changed).toMatchObject({ phase: 1, arms: [{ share_percent: 25 }, { share_percent: 75 }] });
    const after = await Promise.all(clients.map((client) => armOf(client)));
    expect(before.every((arm, i) => arm === 'weights=A' || after[i] === 'weights=B')).toBe(true);
    const other = await json<Experiment>(gateway.send('PATCH', `/v1/experiments/${id}`, { metric: 'total_ms' }));
    expect(other.phase).toBe(2);
    expect((await results(id)).units).toBe(0);
  });

  it('leaves out calls that a low budget sends to the cheapest model, in every arm alike', async () => {
    const { id } = await started({ name: 'cheap' });
    const budget = await json<{ id: string }>(
      gateway.post('/v1/budgets', {
        name: 'low',
        limit_usd: 0.001,
        scope: { client_id: 'poor' },
        on_limit: 'downgrade',
      }),
      201,
    );
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 95 } });
    const poor = { 'x-client-id': 'poor' };
    await json(gateway.post(chat, hello({ max_tokens: 95 }), poor));
    const answer = await gateway.post(chat, hello({ model: 'auto', max_tokens: 5 }), run('d', poor));
    await json(answer);
    expect(await rowOf(answer)).toMatchObject({ experiment_id: id, chosen_by: 'budget' });
    const found = await results(id);
    expect(found.downgraded_calls).toBe(1);
    expect(found.arms.reduce((sum, { calls }) => sum + calls, 0)).toBe(0);
    await json(gateway.send('DELETE', `/v1/budgets/${budget.id}`), 204);
  });

  it('divides the calls of a prompt among its versions, and nobody else’s', async () => {
    await json(gateway.post('/v1/prompts', { id: 'reply', name: 'Reply' }), 201);
    const versions = ['Be short.', 'Be kind.'];
    for (const content of versions)
      await json(
        gateway.post('/v1/prompts/reply/versions', {
          messages: [{ role: 'system', content }],
          variables: [],
          model: 'gpt-4o',
        }),
        201,
      );
    await json(gateway.send('PUT', '/v1/prompts/reply/labels/production', { version: 1 }));
    const arms = [1, 2].map((version) => ({ name: `v${version}`, weight: 50, prompt: { id: 'reply', version } }));
    const { id } = await started({ name: 'voice', arms, metric: 'feedback' });
    const ask = async (execution: string, prompt: object) => {
      const answer = await gateway.post(
        chat,
        { model: 'prompt', prompt, messages: [{ role: 'user', content: 'Hi' }] },
        run(execution),
      );
      await json(answer);
      return answer;
    };
    const seen = new Set<string | null>();
    for (let i = 0; i < 12; i++) {
      const answer = await ask(`p-${i}`, { id: 'reply' });
      const arm = answer.headers.get('x-gateway-experiment');
      seen.add(arm);
      const row = await rowOf(answer);
      expect(row).toMatchObject({ experiment_id: id, prompt_version: arm === 'voice=v1' ? 1 : 2 });
    }
    expect(seen).toEqual(new Set(['voice=v1', 'voice=v2']));
    // As an experiment of before may have it: a model beside the version outranks neither the caller nor a rule.
    await gateway.database.pool.query(
      `update experiments set spec = jsonb_set(jsonb_set(spec, '{arms,0,model}', '"gpt-4o-mini"'), '{arms,1,model}', '"gpt-4o-mini"') where id = $1`,
      [id],
    );
    await json(gateway.send('PATCH', `/v1/experiments/${id}`, { priority: 7 }));
    const modelOf = async (body: object): Promise<string | null> => {
      const answer = await gateway.post(chat, { prompt: { id: 'reply' }, messages: [], ...body }, run('p-1'));
      await json(answer);
      expect(answer.headers.get('x-gateway-experiment')).toMatch(/^voice=v[12]$/);
      return answer.headers.get('x-gateway-model');
    };
    expect(await modelOf({ model: 'prompt' })).toBe('gpt-4o-mini');
    expect(await modelOf({ model: 'gpt-4o' })).toBe('gpt-4o');
    const pinned = await json<{ id: string }>(
      gateway.post('/v1/routing/rules', { name: 'pin', then: { model: 'gpt-4o' } }),
      201,
    );
    expect(await modelOf({ model: 'prompt' })).toBe('gpt-4o');
    await json(gateway.send('DELETE', `/v1/routing/rules/${pinned.id}`), 204);
    await json(gateway.send('PATCH', `/v1/experiments/${id}`, { arms }));
    // A version that the call names stays.
    expect((await ask('p-1', { id: 'reply', version: 1 })).headers.get('x-gateway-experiment')).toBeNull();
    // Background calls take part when they run; one that names its version does not.
    const inBackground = async (execution: string, prompt: object) => {
      const body = { model: 'prompt', prompt, messages: [{ role: 'user', content: 'Hi' }] };
      const url = 'http://127.0.0.1:9/';
      await json(gateway.post(`${chat}/background`, { ...body, callback_url: url }, run(execution)), 202);
      return eventually(async () => {
        const { rows } = await gateway.database.pool.query(
          `select arm, experiment_id, prompt_version from calls where execution_id = $1 and status = 'succeeded'`,
          [execution],
        );
        expect(rows).toHaveLength(1);
        return rows[0] as Pick<Row, 'arm' | 'experiment_id' | 'prompt_version'>;
      });
    };
    const bgArms = new Set<string | null>();
    for (let i = 0; i < 60 && bgArms.size < 2; i++) {
      const row = await inBackground(`bg-${i}`, { id: 'reply' });
      expect(row).toEqual({ arm: row.arm, experiment_id: id, prompt_version: row.arm === 'v1' ? 1 : 2 });
      bgArms.add(row.arm);
    }
    expect(bgArms).toEqual(new Set(['v1', 'v2']));
    expect(await inBackground('bg-named', { id: 'reply', version: 1 })).toEqual({
      arm: null,
      experiment_id: null,
      prompt_version: 1,
    });
    const adopted = await json<Experiment>(gateway.post(`/v1/experiments/${id}/adopt`, { arm: 'v2' }));
    expect(adopted).toMatchObject({
      state: 'adopted',
      adopted: { arm: 'v2', rule_id: null, prompt: { id: 'reply', version: 2 } },
    });
    const answer = await ask('p-1', { id: 'reply' });
    expect(answer.headers.get('x-gateway-prompt')).toBe('reply@2 (production)');
    expect(answer.headers.get('x-gateway-experiment')).toBeNull();
    // More changes at once than the gateway has connections to the database.
    const draft = await create({ name: 'changed at once', arms, metric: 'feedback' });
    const changes = Array.from({ length: 20 }, (_one, i) =>
      gateway.send('PATCH', `/v1/experiments/${draft.id}`, { priority: i }),
    );
    for (const change of await Promise.all(changes)) await json(change);
  });
});

describe('the results', () => {
  it('say in words which arm is better, send an event, and the arm is adopted as a rule', async () => {
    const { id, phase } = await started({ name: 'cheaper', when: { field: 'client_id', eq: 'c' } });
    await addCalls({ id, phase }, 'A', { count: 400, cost: '1000000 + (n % 7) * 100000' });
    await addCalls({ id, phase }, 'B', { count: 400, cost: '600000 + (n % 7) * 60000' });
    const decided = await eventually(async () => {
      const one = await read(id);
      expect(one.verdict).not.toBeNull();
      return one;
    });
    expect(decided.verdict).toMatchObject({ kind: 'better', winner: 'B' });
    expect(decided.verdict?.text).toMatch(/^B is better: \d+ to \d+ % cheaper \(800 runs\)\. You can adopt it\.$/);
    expect(await results(id)).toMatchObject({
      verdict: 'better',
      winner: 'B',
      text: decided.verdict?.text,
      units: 800,
    });
    const [event] = await eventsOf(gateway, '&type=experiment.decided');
    expect(event?.data).toMatchObject({
      experiment: { id, name: 'cheaper' },
      winner: 'B',
      text: decided.verdict?.text,
    });
    const adopted = await json<Experiment>(gateway.post(`/v1/experiments/${id}/adopt`, {}));
    expect(adopted).toMatchObject({ state: 'adopted', adopted: { arm: 'B', prompt: null } });
    const { data } = await json<{ data: { id: string; when: object; then: object }[] }>(
      gateway.get('/v1/routing/rules'),
    );
    expect(data.find((rule) => rule.id === adopted.adopted?.rule_id)).toMatchObject({
      when: { field: 'client_id', eq: 'c' },
      then: { model: 'gpt-4o-mini' },
    });
    const answer = await gateway.post(chat, hello({ model: 'auto' }), run('new', { 'x-client-id': 'c' }));
    await json(answer);
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-4o-mini');
    await json(gateway.send('DELETE', `/v1/routing/rules/${adopted.adopted?.rule_id}`), 204);
    await json(gateway.post(`/v1/experiments/${id}/adopt`, { arm: 'A' }), 409);
  });

  it('count feedback by units, the last score of each name, also where it comes after the sums were made', async () => {
    const { id, phase } = await started({ name: 'thumbs', metric: 'feedback' });
    const place = { id, phase };
    const earlier = `date_trunc('hour', now()) - interval '5 hours'`;
    await addCalls(place, 'A', { count: 120, at: earlier });
    await addCalls(place, 'B', { count: 120, at: earlier });
    await sumAgain();
    const answer = await gateway.post(chat, hello({ model: 'auto' }), run('thumb'));
    await json(answer);
    const requestId = answer.headers.get('x-request-id');
    for (const score of ['up', 'down']) await json(gateway.post('/v1/feedback', { request_id: requestId, score }));
    expect(await results(id)).toMatchObject({ units: 1 });
    await sumUp();
    // As `saveFeedback` writes it, for calls whose hour is summed.
    await gateway.database.pool.query(
      `with given as (
         insert into feedback (workspace_id, call_id, name, livemode, call_at, score, key_id, at)
         select workspace_id, id, 'user', true, created_at, case when arm = 'B' or id like '%0' then 1 else 0 end, 'k', now() from calls
         where experiment_id = $1 and created_at < now() - interval '4 hours' returning workspace_id, call_at)
       insert into experiment_marks select distinct workspace_id, $1, date_trunc('hour', call_at) from given`,
      [id],
    );
    const found = await eventually(async () => {
      await sumUp();
      const one = await results(id);
      expect(one.units).toBe(241);
      return one;
    });
    expect(found).toMatchObject({ verdict: 'better', winner: 'B' });
    expect(found.text).toMatch(/^B is better: \d+ to \d+ points more thumbs up \(24[01] runs\)\. You can adopt it\.$/);
  });

  it('are the sums of the rows, for 100,000 units, before and after their hours are summed', async () => {
    const { id, phase } = await started({ name: 'large', metric: 'error', guards: [] });
    const shape = {
      count: 50_000,
      status: `case when n % 50 = 0 then 'failed' else 'succeeded' end`,
      cost: '1000 + n % 1000',
      at: `date_trunc('hour', now()) - interval '7 hours' + n * interval '100 milliseconds'`,
      attempts: 'case when n % 100 = 1 then 2 else 1 end',
    };
    await addCalls({ id, phase }, 'A', shape);
    await addCalls({ id, phase }, 'B', shape);
    await gateway.database.pool.query('analyze calls');
    await sumAgain();
    const before = await results(id);
    await eventually(async () => {
      await sumUp();
      const { rows } = await gateway.database.pool.query(
        'select count(*)::integer as units from experiment_units where experiment_id = $1',
        [id],
      );
      expect((rows as { units: number }[])[0]?.units).toBe(100_000);
    }, 60_000);
    const after = await results(id);
    for (const found of [before, after])
      for (const arm of found.arms) {
        expect(arm).toMatchObject({ units: 50_000, calls: 50_000, error_percent: 2, fallback_percent: 1 });
        expect(arm.cost_usd).toBeCloseTo(74_975_000 / 1e9, 9);
      }
    const { rows } = await gateway.database.pool.query(
      `select (select count(*) from experiment_units where experiment_id = $1) as units,
         (select array_agg(s order by s) from (select sum(log_cost_sum)::numeric(20, 6) as s from experiment_units where experiment_id = $1 group by arm) a) as kept,
         (select array_agg(s order by s) from (select sum(ln(cost_nanos::float8))::numeric(20, 6) as s from calls where experiment_id = $1 and status = 'succeeded' group by arm) b) as rows`,
      [id],
    );
    const [sums] = rows as { units: string; kept: string[]; rows: string[] }[];
    expect(Number(sums?.units)).toBe(100_000);
    expect(sums?.kept).toEqual(sums?.rows);
    // A call that is written late, as after a clock that was set back, is counted too.
    await addCalls({ id, phase }, 'C', { count: 1, at: shape.at });
    await gateway.database.pool.query(
      `insert into usage_stale_hours select distinct date_trunc('hour', created_at) from calls where experiment_id = $1 and arm = 'C'`,
      [id],
    );
    await eventually(async () => {
      await sumUp();
      const { rows: late } = await gateway.database.pool.query(
        `select calls from experiment_units where experiment_id = $1 and arm = 'C'`,
        [id],
      );
      expect(late).toHaveLength(1);
    }, 30_000);
  }, 120_000);

  it('tell the size before the start, and that 30 days bring less', async () => {
    const { expected } = await create({ name: 'size', unit: 'client', metric: 'feedback', arms: models });
    expect(expected.units).toBeGreaterThan(300);
    expect(expected.text).toMatch(
      /^About [\d,]+ clients show a difference of 10 points more thumbs up, but 30 days bring about \d+\. Shadowing compares two models with fewer calls/,
    );
  });
});

describe('a guard', () => {
  it('stops an arm that fails, ends an experiment of two arms, and sends an event', async () => {
    const { id, phase } = await started({ name: 'failing', metric: 'feedback', guards: ['error'] });
    await addCalls({ id, phase }, 'A', { count: 300 });
    await addCalls({ id, phase }, 'B', {
      count: 300,
      status: `case when n % 3 = 0 then 'failed' else 'succeeded' end`,
    });
    const stopped = await eventually(async () => {
      const one = await read(id);
      expect(one.state).toBe('stopped');
      return one;
    });
    expect(stopped.arms[1]?.stopped).toMatchObject({ guard: 'error' });
    expect(stopped.arms[1]?.stopped?.text).toMatch(
      /^B is stopped: \d+ to \d+ points more errors than A \(600 runs\)\.$/,
    );
    expect(stopped.verdict).toMatchObject({ kind: 'stopped', winner: 'A' });
    const [event] = await eventsOf(gateway, '&type=experiment.guard_tripped');
    expect(event?.data).toMatchObject({ experiment: { id }, arm: 'B', guard: 'error' });
    expect(await armOf(run('after'))).toBeNull();
  });

  it('is looked at also where another experiment cannot be judged', async () => {
    const broken = await started({ name: 'broken', priority: 1 });
    const setGuards = (guards: string) =>
      gateway.database.pool.query(`update experiments set spec = jsonb_set(spec, '{guards}', $2) where id = $1`, [
        broken.id,
        guards,
      ]);
    await setGuards('null');
    try {
      const one = await started({ name: 'behind it', guards: ['error'] });
      await addCalls(one, 'A', { count: 200 });
      await addCalls(one, 'B', { count: 200, status: `'failed'` });
      await eventually(async () => expect((await read(one.id)).state).toBe('stopped'));
    } finally {
      await setGuards('[]');
    }
  });

  it('leaves the other arms of three running', async () => {
    const arms = [...models, { name: 'C', weight: 50, model: 'gpt-5.4' }];
    const { id, phase } = await started({ name: 'three', arms, metric: 'feedback' });
    for (const arm of ['A', 'C']) await addCalls({ id, phase }, arm, { count: 200 });
    await addCalls({ id, phase }, 'B', {
      count: 200,
      status: `case when n % 2 = 0 then 'failed' else 'succeeded' end`,
    });
    await eventually(async () => expect((await read(id)).arms[1]?.stopped).not.toBeNull());
    expect(await read(id)).toMatchObject({ state: 'running', arms: [{ stopped: null }, {}, { stopped: null }] });
    await eventually(async () => {
      const arm = await armOf(run('after'));
      expect(arm).not.toBe('three=B');
    });
  });
});

describe('experiments', () => {
  it('of test keys have statistics of their own, and test keys change no live experiment', async () => {
    const live = await started({ name: 'mode' });
    const own = await started({ name: 'mode' }, asTest);
    // Both decide test calls, the live one comes second.
    expect(await armOf(run('t'), {})).toMatch(/^mode=/);
    const answer = await gateway.post(chat, hello({ model: 'auto' }), { ...run('t'), ...asTest });
    await json(answer);
    expect(await rowOf(answer)).toMatchObject({ experiment_id: own.id });
    const calls = async (id: string, as: As = {}): Promise<number> =>
      (await results(id, as)).arms.reduce((sum, arm) => sum + arm.calls, 0);
    expect([await calls(live.id), await calls(own.id, asTest)]).toEqual([1, 1]);
    expect(await calls(live.id, asTest)).toBe(0);
    await json(gateway.get(`/v1/experiments/${own.id}`), 404);
    await json(gateway.post(`/v1/experiments/${live.id}/stop`, {}, asTest), 403);
    await json(gateway.post(`/v1/experiments/${live.id}/adopt`, { arm: 'A' }, asTest), 403);
  });

  it('hold for the next call on every process', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-data-'));
    const second = await startGateway(
      readConfig({ ...gatewayEnv(gateway.fakes, gateway.database.url, dataDir), GATEWAY_SECRET: secret }),
    );
    try {
      const ask = async (): Promise<string | null> => {
        const answer = await fetch(`${second.url}${chat}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...run('both') },
          body: JSON.stringify(hello({ model: 'auto' })),
        });
        await json(answer);
        return answer.headers.get('x-gateway-experiment');
      };
      expect(await ask()).toBeNull();
      const { id } = await started({ name: 'both' });
      const arm = await armOf(run('both'));
      await eventually(async () => expect(await ask()).toBe(arm));
      await json(gateway.post(`/v1/experiments/${id}/stop`, {}));
      await eventually(async () => expect(await ask()).toBeNull());
    } finally {
      await second.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('are refused where arms, names and conditions are wrong', async () => {
    const post = (body: object): Promise<Response> =>
      gateway.post('/v1/experiments', { name: 'wrong', metric: 'cost', arms: models, ...body });
    await json(post({ arms: [models[0]] }), 400);
    await json(post({ arms: models.map((arm) => ({ ...arm, model: 'gpt-4o' })) }), 400);
    await json(post({ arms: [models[0], { ...models[1], model: 'no-such-model' }] }), 404);
    await json(post({ arms: [models[0], { name: 'B', prompt: { id: 'nowhere', version: 1 } }] }), 404);
    const mixed = await json<{ error: { param: string } }>(
      post({ arms: [models[0], { name: 'B', prompt: { id: 'reply', version: 1 }, model: 'gpt-4o' }] }),
      400,
    );
    expect(mixed.error.param).toBe('arms[1].prompt');
    await json(post({ when: { field: 'text', matches: '(a' } }), 400);
    await json(post({ when: { field: 'nothing', eq: 1 } }), 400);
    await json(post({ name: 'a=b' }), 400);
    await create({ name: 'twice' });
    await json(post({ name: 'twice' }), 409);
    await json(gateway.post('/v1/experiments/exp_none/start', {}), 404);
    const draft = await create({ name: 'draft' });
    await json(gateway.post(`/v1/experiments/${draft.id}/adopt`, { arm: 'A' }), 409);
  });
});
