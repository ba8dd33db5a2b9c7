import { afterAll, beforeAll, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import { firstPerson, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

interface Listed {
  data: { id: string; name: string; state: string; members: number; requests: number; cost_usd: number }[];
  next_cursor: string | null;
}

let gateway: TestGateway;
let operator: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
  operator = await firstPerson(gateway);
});
afterAll(() => gateway.stop());

const list = (query = ''): Promise<Listed> => json<Listed>(operator.get(`/v1/workspaces${query}`));

it('the operator sees each workspace with its live calls and cost of this month, however they are summed', async () => {
  const usage = { input: 0, output: 1_000 };
  const call = async (): Promise<void> => {
    gateway.fakes.openai.reply({ text: 'x', usage });
    await json(gateway.post(chat, hello({ max_tokens: 1_000 })));
  };
  await call();
  await call();
  await json(gateway.post(chat, hello(), { authorization: `Bearer ${testKey}` }));
  // One call is of the first hour of the month, in the sums; the other of now. Of the month before nothing counts.
  await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '40 days')::date, 3)`);
  await gateway.database.pool.query(
    `update calls set created_at = date_trunc('month', now(), 'UTC') where livemode and id = (select min(id) from calls where livemode)`,
  );
  await gateway.database.pool.query(
    `insert into usage_stale_hours values (date_trunc('month', now(), 'UTC')) on conflict do nothing`,
  );
  while (await rollUp(gateway.gateway.services.db, Date.now()));
  expect((await list()).data[0]).toMatchObject({ state: 'running', members: 1, requests: 2, cost_usd: 0.02 });
  await call();
  expect((await list()).data[0]).toMatchObject({ requests: 3, cost_usd: 0.03 });
  await gateway.database.pool.query(
    `update calls set created_at = date_trunc('month', now(), 'UTC') - interval '1 ms' where livemode and id = (select max(id) from calls where livemode)`,
  );
  expect((await list()).data[0]).toMatchObject({ requests: 2, cost_usd: 0.02 });
});

it('workspaces are found by name or id, page by page, and say that they are stopped', async () => {
  const made: string[] = [];
  for (const name of ['North %', 'South', 'Southern Cross'])
    made.push((await json<{ id: string }>(operator.send('POST', '/v1/workspaces', { name }), 201)).id);
  expect((await list('?search=SOUTH')).data.map(({ name }) => name)).toEqual(['Southern Cross', 'South']);
  expect((await list('?search=%25')).data.map(({ name }) => name)).toEqual(['North %']);
  expect((await list(`?search=${made[1]}`)).data.map(({ name }) => name)).toEqual(['South']);
  const first = await list('?limit=3');
  const second = await list(`?limit=3&cursor=${first.next_cursor}`);
  expect([...first.data, ...second.data]).toHaveLength(4);
  expect(second.next_cursor).toBeNull();
  expect((await operator.get('/v1/workspaces?cursor=nonsense')).status).toBe(400);
  await json(operator.send('POST', '/v1/stop', { reason: 'a test' }));
  expect((await list()).data.at(-1)).toMatchObject({ state: 'stopped' });
});

it('the health of the gateway names database, disk, queues and processes', async () => {
  const health = await json<{ processes: { pid: number }[] }>(operator.get('/v1/operator/health'));
  expect(health).toMatchObject({
    database: { version: expect.stringMatching(/^\d+/), unwritten_calls: 0 },
    disk: { free_bytes: expect.any(Number) },
    queues: { deliveries: expect.any(Number), background_calls: 0 },
  });
  expect(health.processes.map(({ pid }) => pid)).toContain(process.pid);
});

it('nobody but the operator sees them', async () => {
  for (const path of ['/v1/workspaces', '/v1/operator/health', '/v1/incidents'])
    expect((await gateway.get(path)).status).toBe(401);
});
