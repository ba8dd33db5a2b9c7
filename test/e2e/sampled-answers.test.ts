import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { chat } from '../support/ask.ts';
import { setAuto } from '../support/set-auto.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** The share of a task's sampled answers that can be compared, which decides whether its pairs clear it. */
const own = 'Dear Ada, your parcel left our house this morning and will be with you on Friday. Kind regards. '.repeat(
  2,
);
const other = 'Dear Ada, thank you for your patience: the parcel should arrive on Friday. Yours, the shop. '.repeat(2);
const report = 'The parcel is late. '.repeat(1_200);
const letter = {
  model: 'auto',
  messages: [
    { role: 'system', content: 'Rewrite the note as a short polite letter.' },
    { role: 'user', content: 'parcel friday' },
  ],
};
const same = { text: '{"verdict":"same"}' };
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

type Replies = Parameters<TestGateway['fakes']['openai']['reply']>;

/** Changes the settings of `auto`, and waits until the gateway has heard of it. */
async function learn(learning: object): Promise<void> {
  const { pool: db } = gateway.database;
  const usual = { enabled: true, sample_percent: 100, max_usd_per_day: 1 };
  const judge = { model: 'gpt-4o', rubric: 'Polite, and says when the parcel comes.' };
  const pool = [
    { model: 'gpt-6-luna', class: 'small' },
    { model: 'gpt-6-sol', class: 'strong' },
  ];
  await setAuto(db, { pool, dial: 'balanced', learning: { ...usual, judge, ...learning }, per_client: {} });
  const { rows } = await db.query('select id, routing_version from workspaces order by created_at limit 1');
  const { id, routing_version: version } = rows[0] as { id: string; routing_version: number };
  const { routing, evidence } = gateway.gateway.services;
  await expect.poll(async () => (await routing.of(id))?.version).toBe(version);
  evidence.forget();
  await evidence.of(id, true);
}

async function answered(...replies: Replies): Promise<void> {
  gateway.fakes.openai.reset();
  gateway.fakes.openai.reply(...replies);
  const response = await gateway.post(chat, letter);
  expect(response.status).toBe(200);
  await response.text();
  await expect.poll(() => gateway.gateway.services.shadows.unfinished, { timeout: 20_000 }).toBe(0);
}

async function noted(): Promise<unknown> {
  const { rows } = await gateway.database.pool.query('select pairs, sampled, comparable from task_claims');
  return rows;
}

beforeEach(async () => {
  await gateway.database.pool.query('truncate calls, task_claims, task_rates, shadow_days, learned_samples cascade');
  await learn({});
  // A task without a pair has no row.
  await answered({ text: 'On Friday' }, { text: 'on friday' });
  expect(await noted()).toEqual([{ pairs: 1, sampled: 0, comparable: 0 }]);
});

it.each<[string, Replies]>([
  ['is too long for the judge', [{ text: report }]],
  ['has a second answer that is too long', [{ text: own }, { text: report }]],
  ['has a second answer that was cut', [{ text: own }, { text: other, finish: 'length' }]],
  ['gets no verdict', [{ text: own }, { text: other }, { text: 'Both are lovely letters.' }]],
])('an answer that %s counts as one that cannot be compared', async (_, replies) => {
  await answered(...replies);
  expect(await noted()).toEqual([{ pairs: 1, sampled: 1, comparable: 0 }]);
});

it('an answer that was judged counts as one that can be compared', async () => {
  await answered({ text: own }, { text: other }, same, same);
  expect(await noted()).toEqual([{ pairs: 2, sampled: 1, comparable: 1 }]);
});

it('an answer does not count where the budget of the day is spent', async () => {
  await learn({ max_usd_per_day: 0.000_001 });
  await answered({ text: own });
  await answered({ text: report });
  expect(await noted()).toEqual([{ pairs: 1, sampled: 0, comparable: 0 }]);
});

it('an answer does not count where the other model or the judge fails', async () => {
  await answered({ text: own }, { status: 400 });
  await answered({ text: own }, { text: other }, { status: 400 });
  expect(await noted()).toEqual([{ pairs: 1, sampled: 0, comparable: 0 }]);
});
