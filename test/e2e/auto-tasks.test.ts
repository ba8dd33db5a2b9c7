import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelJudge } from '../../gateway/src/routing/auto-settings.ts';
import { addPair } from '../../gateway/src/routing/task-claim-store.ts';
import { taskOfPrompt } from '../../gateway/src/routing/task-key.ts';
import { json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

interface Task {
  task: string;
  topic: string;
  prompt_id: string | null;
  pairs: number;
  agreement: number | null;
  judged: boolean;
  lower: number;
  needed: number;
  state: string;
  model: string;
  because: string;
}
interface Tasks {
  data: Task[];
  today: { second_answers: number; cost_usd: number };
}

const lenient: ModelJudge = { model: 'gpt-4o', rubric: 'Any answer will do.' };

let gateway: TestGateway;
let workspaceId: string;
const tasks = async (query = ''): Promise<Tasks> => json<Tasks>(gateway.get(`/v1/routing/auto/tasks${query}`));

/** Writes the pairs of a task as comparing two answers does: `1` for one that agrees. */
async function addPairs(task: string, pairs: string, topic = 'classify', judge?: ModelJudge): Promise<void> {
  const pair = { workspaceId, livemode: true, task, topic, weak: 'gpt-4o-mini', strong: 'gpt-4o', judge };
  for (const one of pairs) await addPair(gateway.database.pool, { ...pair, agrees: one === '1' }, 0.95);
}

beforeAll(async () => {
  gateway = await startTestGateway();
  const { rows } = await gateway.database.pool.query('select id from workspaces order by created_at limit 1');
  workspaceId = (rows as { id: string }[])[0]?.id ?? '';
});
afterAll(() => gateway.stop());

it('says which model each task goes to, and what its pairs prove', async () => {
  await json(gateway.post('/v1/prompts', { id: 'triage', name: 'Triage' }), 201);
  await addPairs('aa'.repeat(16), '1'.repeat(80));
  await addPairs('bb'.repeat(16), '0'.repeat(30), 'code');
  await addPairs(taskOfPrompt('triage'), '11');
  const { data, today } = await tasks();
  expect(data).toMatchObject([
    { prompt_id: 'triage', pairs: 2, state: 'measuring', model: 'gpt-4o-mini' },
    { prompt_id: null, topic: 'code', pairs: 30, agreement: 0, state: 'refuted', model: 'gpt-4o' },
    { topic: 'classification', pairs: 80, agreement: 1, needed: 0.95, state: 'cleared', model: 'gpt-4o-mini' },
  ]);
  expect(data[0]?.because).toBe('classification goes to small models');
  expect(data[1]?.because).toContain('evidence speaks against it');
  expect(data[2]?.because).toBe('80 pairs agree 100%');
  expect(data[2]?.lower).toBeGreaterThanOrEqual(0.95);
  expect(today).toEqual({ second_answers: 0, cost_usd: 0 });
});

it('distinguishes pairs that a model judged from pairs that agree', async () => {
  await json(gateway.send('PUT', '/v1/routing/auto', { learning: { judge: lenient } }));
  await addPairs('dd'.repeat(16), '1'.repeat(80), 'draft', lenient);
  const [judged, ...others] = (await tasks()).data;
  expect(judged).toMatchObject({ judged: true, state: 'cleared', because: '80 pairs judged, 100% as good' });
  expect(others.map((one) => one.judged)).not.toContain(true);
});

it('begins a judged task again once the rubric is another, and keeps those that a program compared', async () => {
  const { evidence } = gateway.gateway.services;
  const isKnown = async (): Promise<boolean> =>
    (await evidence.of(workspaceId, true)).find({ task: 'dd'.repeat(16) }, 'gpt-4o-mini')?.pairs === 80;
  await expect.poll(isKnown).toBe(true);
  const strict = { ...lenient, rubric: 'As long as the letter, and without a mistake.' };
  await json(gateway.send('PUT', '/v1/routing/auto', { learning: { judge: strict } }));
  await expect.poll(isKnown).toBe(false);
  expect((await tasks()).data.map(({ task }) => task.slice(0, 2))).toEqual([expect.anything(), 'bb', 'aa']);
  await addPairs('dd'.repeat(16), '1', 'draft', strict);
  expect((await tasks('?limit=1')).data).toMatchObject([{ task: 'dd'.repeat(16), pairs: 1, state: 'measuring' }]);
  await json(gateway.send('PUT', '/v1/routing/auto', { learning: { judge: 'agreement' } }));
  await addPairs('dd'.repeat(16), '0', 'draft');
  expect((await tasks('?limit=1')).data).toMatchObject([{ pairs: 1, agreement: 0, judged: false }]);
});

it('says that a task is withdrawn once its newest pairs differ, and that it goes to the strong model', async () => {
  await addPairs('aa'.repeat(16), '0'.repeat(12));
  const [first] = (await tasks('?limit=1')).data;
  expect(first).toMatchObject({ task: 'aa'.repeat(16), state: 'withdrawn', model: 'gpt-4o' });
});

it('judges by the dial that the workspace has now', async () => {
  await addPairs('cc'.repeat(16), '1'.repeat(80), 'code');
  expect((await tasks('?limit=1')).data[0]).toMatchObject({ state: 'cleared', model: 'gpt-4o-mini' });
  await json(gateway.send('PUT', '/v1/routing/auto', { dial: 'quality' }));
  expect((await tasks('?limit=1')).data[0]).toMatchObject({ needed: 0.98, state: 'measuring', model: 'gpt-4o' });
});

it('keeps the tasks of test calls apart', async () => {
  const { data } = await json<Tasks>(gateway.get('/v1/routing/auto/tasks', { authorization: `Bearer ${testKey}` }));
  expect(data).toEqual([]);
});
