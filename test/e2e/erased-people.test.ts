import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { browser, firstPerson, invited, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await firstPerson(gateway);
});
afterAll(() => gateway.stop());

const addresses = async (): Promise<string[]> => {
  const { rows } = await gateway.database.pool.query('select email from people order by email');
  return (rows as { email: string }[]).map(({ email }) => email);
};
const isOver = (person: Person): Promise<void> =>
  eventually(async () => expect((await person.get('/v1/session')).status).toBe(401));

it('an erased client takes the people of its portal along, and their sessions', async () => {
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme' }));
  const person = await invited(gateway, ada, { email: 'max@acme.example', role: 'client', client_id: 'acme' });
  await json(
    ada.send('POST', '/v1/invitations', { email: 'eva@acme.example', role: 'client', client_id: 'acme' }),
    201,
  );
  expect((await gateway.send('DELETE', '/v1/clients/acme/data')).status).toBe(204);
  await isOver(person);
  expect(await addresses()).toEqual(['ada@agency.example']);
  const { rows } = await gateway.database.pool.query('select * from invitations where accepted_at is null');
  expect(rows).toEqual([]);
});

it('a deleted workspace takes the people along who belong to no other, and leaves operators', async () => {
  const { id, live_key: key } = await json<{ id: string; live_key: string }>(
    ada.send('POST', '/v1/workspaces', { name: 'Second' }),
    201,
  );
  const invite = async (email: string, person: Person): Promise<Person> => {
    const body = { email, role: 'owner' };
    const { url } = await json<{ url: string }>(
      gateway.post('/v1/invitations', body, { authorization: `Bearer ${key}` }),
      201,
    );
    await json(person.send('POST', '/auth/link', { token: tokenOf(url) }));
    return person;
  };
  const zoe = await invite('zoe@second.example', browser(gateway));
  const both = await invited(gateway, ada, { email: 'both@agency.example', role: 'member' });
  await invite('both@agency.example', both);
  await invite('ada@agency.example', ada);
  expect((await ada.send('DELETE', `/v1/workspaces/${id}`)).status).toBe(204);
  await isOver(zoe);
  await eventually(async () => expect(await addresses()).toEqual(['ada@agency.example', 'both@agency.example']));
});
