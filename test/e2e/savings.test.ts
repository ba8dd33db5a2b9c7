import { afterAll, beforeAll, expect, it } from 'vitest';
import { judgeHash } from '../../gateway/src/routing/judges.ts';
import { chat, eventually, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const pool = [
  { model: 'gpt-4o-mini', class: 'small' },
  { model: 'gpt-4o', class: 'strong' },
];

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

type Parts = Record<'auto' | 'rules' | 'provider_cache' | 'response_cache', number>;

interface Figures {
  calls: number;
  cost_usd: number;
  saved_usd: Parts;
}

interface Savings {
  data: (Figures & {
    client_id: string | null;
    day: string | null;
    model: string | null;
    evidence: { pairs: number; agreement: number; lower: number; judged?: boolean } | null;
  })[];
  totals: Figures & { second_answers_usd: number };
}

const savings = (by: string): Promise<Savings> => json<Savings>(gateway.get(`/v1/savings?group_by=${by}`));
const classify = (content: string): object => ({
  model: 'auto',
  messages: [
    { role: 'system', content: 'Classify the e-mail as spam or ham. Answer with one word.' },
    { role: 'user', content },
  ],
});

async function savedBy(body: object, client: string): Promise<number> {
  gateway.fakes.openai.reply({ text: 'spam', usage: { input: 10_000, output: 1_000 } });
  const answer = await gateway.post(chat, body, { 'x-client-id': client });
  expect(answer.status).toBe(200);
  await answer.text();
  return Number(answer.headers.get('x-gateway-saved-usd'));
}

it('calls that auto and a rule sent to a cheaper model say what they saved, and add up in the report', async () => {
  await json(gateway.send('PUT', '/v1/routing/auto', { pool, dial: 'balanced', baseline_model: 'gpt-4o' }));
  await json(
    gateway.post('/v1/routing/rules', {
      name: 'Notes',
      // Only a rule on the model replaces one that the caller names.
      when: { field: 'model', eq: 'gpt-4o' },
      then: { model: 'gpt-4o-mini' },
    }),
    201,
  );
  const byAuto = await savedBy(classify('Win a prize'), 'chosen');
  const byRule = await savedBy({ model: 'gpt-4o', messages: [{ role: 'user', content: 'A note' }] }, 'ruled');
  // gpt-4o is $2.50 and $10 a million, gpt-4o-mini $0.15 and $0.60: $0.035 and $0.0021.
  expect([byAuto, byRule]).toEqual([0.0329, 0.0329]);
  await eventually(async () => {
    const { data, totals } = await savings('client');
    const none = { auto: 0, rules: 0, provider_cache: 0, response_cache: 0 };
    expect(data.find(({ client_id: id }) => id === 'chosen')).toMatchObject({
      ...{ calls: 1, cost_usd: 0.0021 },
      saved_usd: { ...none, auto: byAuto },
    });
    expect(data.find(({ client_id: id }) => id === 'ruled')).toMatchObject({
      ...{ calls: 1, cost_usd: 0.0021 },
      saved_usd: { ...none, rules: byRule },
    });
    expect(totals).toMatchObject({ calls: 2, cost_usd: 0.0042, saved_usd: { ...none, auto: byAuto, rules: byRule } });
  });
});

/** A finished call, as the journal writes it. */
async function insertCalls(select: string): Promise<void> {
  await gateway.database.pool.query(
    `insert into calls (id, workspace_id, livemode, created_at, process_id, key_id, status, dialect, streamed, model_requested,
       model, provider, cost_nanos, client_id, task, chosen_by, shadow_of, saved_nanos, saved_route_nanos)
     select 'req_' || gen_random_uuid(), w.id, true, now(), 'gone', 'key', 'succeeded', 'chat', false, 'auto', c.* from
       (select id from workspaces order by created_at limit 1) w, (${select}) as c`,
  );
}

it('evidence is that of the tasks and models that saved, by their dollars, and there is none where nobody compared', async () => {
  const call = (client: string, task: string, nanos: number): string =>
    `select 'small-1', 'openai', 1, '${client}', decode('${task}', 'hex'), 'auto', null, ${nanos}, ${nanos}`;
  const [known, unknown] = ['aa'.repeat(16), 'bb'.repeat(16)];
  await insertCalls(
    [call('part', known, 3e9), call('part', unknown, 1e9), call('all', known, 1e9), call('none', unknown, 5e9)].join(
      ' union all ',
    ),
  );
  await gateway.database.pool.query(
    `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
     select id, true, decode($1, 'hex'), 'small-1', 'strong-1', 'classify', 200, 190, 0.9, 1, '' from workspaces`,
    [known],
  );
  const { data } = await savings('client');
  const of = (name: string) => data.find(({ client_id: id }) => id === name)?.evidence;
  expect(of('all')).toEqual({ pairs: 200, agreement: 0.95, lower: expect.closeTo(0.9, 6) });
  expect(of('part')).toEqual({ pairs: 200, agreement: 0.95, lower: expect.closeTo(0.675, 6) });
  expect(of('none')).toBe(null);
  // Of $10.0329 that auto saved today, $4 have pairs.
  for (const by of ['day', 'model'] as const) {
    const row = (await savings(by)).data.find(({ day, model }) => day !== null || model === 'small-1');
    expect(row?.evidence).toMatchObject({ pairs: 200, lower: expect.closeTo(by === 'day' ? 0.359 : 0.36, 3) });
  }
});

it('evidence says so where a model judged most of its pairs, and is gone once its rubric is another', async () => {
  const setRubric = (rubric: string) =>
    json(
      gateway.send('PUT', '/v1/routing/auto', {
        ...{ pool, dial: 'balanced', baseline_model: 'gpt-4o' },
        learning: { enabled: true, judge: { model: 'gpt-4o', rubric } },
      }),
    );
  const evidenceOf = async (name: string) =>
    (await savings('client')).data.find(({ client_id: id }) => id === name)?.evidence;
  await gateway.database.pool.query('update task_claims set judged = 150, judges = $1', [
    [judgeHash({ model: 'gpt-4o', rubric: 'Polite.' })],
  ]);
  await setRubric('Polite.');
  expect(await evidenceOf('all')).toEqual({
    ...{ pairs: 200, agreement: 0.95, lower: expect.closeTo(0.9, 6), judged: true },
  });
  expect(await evidenceOf('none')).toBe(null);
  await setRubric('Polite and short.');
  expect(await evidenceOf('all')).toBe(null);
});

it('totals have the second answers of a workspace whose pairs were never counted by themselves', async () => {
  const { rows } = await gateway.database.pool.query('delete from task_claims returning *');
  expect(rows).toHaveLength(1);
  const before = (await savings('model')).totals;
  await gateway.database.pool.query(
    `insert into shadow_days (workspace_id, livemode, day, spent_nanos, calls) select id, true, current_date, 0, 1 from workspaces`,
  );
  await insertCalls(
    `select 'strong-1', 'openai', 7000000000, null, null::bytea, null, 'req_1', null::bigint, null::bigint`,
  );
  const { second_answers_usd: second, ...rest } = before;
  expect((await savings('model')).totals).toEqual({ ...rest, second_answers_usd: second + 7 });
});

it('totals count every group, the largest savings are listed, and second answers are in no group', async () => {
  const before = (await savings('client')).totals;
  await insertCalls(
    `select 'small-1', 'openai', 1000000, 'client-' || i, null::bytea, 'auto', null, i * 1000000, i * 1000000 from generate_series(1, 1100) i`,
  );
  await insertCalls(
    `select 'strong-1', 'openai', 7000000000, null, null::bytea, null, 'req_1', null::bigint, null::bigint`,
  );
  for (const by of ['client', 'day', 'model', 'task']) {
    const { data, totals } = await savings(by);
    expect(totals.calls - before.calls).toBe(1_100);
    expect(totals.cost_usd - before.cost_usd).toBeCloseTo(1.1, 6);
    expect(totals.saved_usd.auto - before.saved_usd.auto).toBeCloseTo(605.55, 6);
    if (by !== 'client') expect(data.reduce((sum, { calls }) => sum + calls, 0)).toBe(totals.calls);
    else {
      expect(data.length).toBe(1_000);
      expect(data[0]?.client_id).toBe('none');
      expect(data.map(({ client_id: id }) => id)).not.toContain('client-1');
    }
    expect(data.map(({ model }) => model)).not.toContain('strong-1');
    // The figures of the cache count the same calls.
    expect(await json(gateway.get('/v1/cache/stats'))).toMatchObject({ last_30_days: { requests: totals.calls } });
  }
});

it('a call saves nothing by tokens that the baseline, with its shorter answers to the task, would not have written', async () => {
  const { pool } = gateway.database;
  const letter = classify('One more letter');
  const same = await savedBy(letter, 'long');
  await pool.query(
    `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum, out_tokens_sum)
     select c.workspace_id, true, c.task, model, 'length', 30, 30, 30 * tokens
     from (select workspace_id, task from calls where client_id = 'long' and task is not null limit 1) c,
       (values ('gpt-4o-mini', 1000), ('gpt-4o', 100)) as given (model, tokens)`,
  );
  const { rows } = await pool.query('select id from workspaces order by created_at limit 1');
  const { services } = gateway.gateway;
  services.evidence.forget((rows as { id: string }[])[0]?.id);
  // 900 tokens of answer less, at $10 a million.
  await eventually(async () => expect((await savedBy(letter, 'long')) - same).toBeCloseTo(-0.009, 6));
});
