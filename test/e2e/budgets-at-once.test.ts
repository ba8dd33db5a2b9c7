import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { firstPerson, invited } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Budgets of "each" that are listed: the list names the instance that it shows, and reads all of them together. */

interface Listed {
  id: string;
  scope: Record<string, string>;
  spent_usd: number;
  instance: Record<string, string> | null;
}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const create = (scope: Record<string, string>): Promise<Listed> =>
  json(gateway.post('/v1/budgets', { name: 'Each', limit_usd: 5, scope }), 201);
const list = async (): Promise<Listed[]> => (await json<{ data: Listed[] }>(gateway.get('/v1/budgets?limit=100'))).data;

/** The statements about amounts of budgets that one list sends; jobs of the gateway may add a few. */
async function statementsOf<T>(act: () => Promise<T>): Promise<{ answer: T; statements: number }> {
  const { db } = gateway.gateway.services;
  const query = db.query.bind(db);
  let statements = 0;
  db.query = ((...given: Parameters<typeof query>) => {
    if (JSON.stringify(given[0]).includes('unposted_meters')) statements++;
    return query(...given);
  }) as typeof db.query;
  try {
    return { answer: await act(), statements };
  } finally {
    db.query = query;
  }
}

it('a list names the instance that has spent most, and none before the first call', async () => {
  const each = await create({ client_id: '*', scenario_id: '*' });
  const plain = await create({ client_id: 'anna' });
  expect((await list()).map(({ instance }) => instance)).toEqual([null, null]);
  for (const client of ['anna', 'bert', 'bert'])
    await json(gateway.post(chat, hello(), { 'x-client-id': client, 'x-scenario-id': '7' }));
  const listed = new Map((await list()).map((one) => [one.id, one]));
  expect(listed.get(each.id)).toMatchObject({
    scope: { client_id: '*', scenario_id: '*' },
    instance: { client_id: 'bert', scenario_id: '7' },
  });
  expect(listed.get(plain.id)?.instance).toBeNull();
  const { data } = await json<{ data: Listed[] }>(gateway.get(`/v1/budgets/${each.id}/instances?limit=1`));
  expect(data[0]).toMatchObject({
    scope: { client_id: 'bert', scenario_id: '7' },
    spent_usd: listed.get(each.id)?.spent_usd,
  });
});

it('fifty budgets of "each" are read in as many statements as one', async () => {
  const one = await statementsOf(list);
  for (let made = 0; made < 50; made++)
    await create({ scenario_id: '*', ...(made % 2 === 0 ? { client_id: '*' } : {}) });
  await json(gateway.post(chat, hello(), { 'x-client-id': 'cleo', 'x-scenario-id': '8' }));
  const many = await statementsOf(list);
  expect(many.answer).toHaveLength(52);
  expect(many.answer.filter(({ instance }) => instance?.scenario_id === '8')).toHaveLength(50);
  expect(many.statements - one.statements).toBeLessThan(10);
});

it('two people who change one budget at once keep each other’s fields; of one field the later change counts, and both are in its history', async () => {
  const ada = await firstPerson(gateway);
  const bob = await invited(gateway, ada, { email: 'bob@agency.example', role: 'member' });
  const { id } = await create({ client_id: 'shared' });
  const path = `/v1/budgets/${id}`;
  for (let n = 1; n <= 5; n++) {
    const both = [ada.send('PATCH', path, { name: `Shared ${n}` }), bob.send('PATCH', path, { limit_usd: 10 + n })];
    for (const answer of await Promise.all(both)) await json(answer);
    expect(await json(ada.get(path))).toMatchObject({ name: `Shared ${n}`, limit_usd: 10 + n });
  }
  const limits = [20, 30];
  const answers = await Promise.all(
    [ada, bob].map((person, at) => json<{ limit_usd: number }>(person.send('PATCH', path, { limit_usd: limits[at] }))),
  );
  // Each is told what the own change has made of it.
  expect(answers.map(({ limit_usd: limit }) => limit)).toEqual(limits);
  const { limit_usd: last } = await json<{ limit_usd: number }>(ada.get(path));
  const { data } = await json<{ data: { by: string; limit_before_usd: number; limit_usd: number }[] }>(
    ada.get(`${path}/history?limit=2`),
  );
  const [later, earlier] = data;
  expect(later).toMatchObject({ limit_usd: last, limit_before_usd: earlier?.limit_usd });
  expect([earlier?.limit_before_usd, new Set(data.map(({ by }) => by)).size]).toEqual([15, 2]);
  expect((await bob.send('DELETE', path)).status).toBe(204);
  expect((await ada.send('PATCH', path, { limit_usd: 40 })).status).toBe(404);
});
