import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repeatErasedPeople } from '../../gateway/src/members/erased-people.ts';
import { eventually, json } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { browser, firstPerson, invited, type Person, signInAgain, tokenOf } from '../support/person.ts';
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

it('an erased person is erased again in a database restored from before, also on a machine that has not erased them', async () => {
  const owner = await signInAgain(gateway);
  const person = await invited(gateway, owner, { email: 'gone@agency.example', role: 'member' });
  const { id } = (await json<{ person: { id: string } }>(person.get('/v1/session'))).person;
  const { pool } = gateway.database;
  const tables = ['people', 'members'] as const;
  const before = await Promise.all(
    tables.map((table) =>
      pool.query(`select * from ${table} where ${table === 'people' ? 'id' : 'person_id'} = $1`, [id]),
    ),
  );
  await json(person.send('DELETE', '/v1/me'), 204);
  const { services } = gateway.gateway;
  const noted = (folder: string): string => readFileSync(join(folder, 'erased-people.jsonl'), 'utf8');
  expect(noted(services.dataDir)).toContain(id);
  expect(noted(services.dataDir)).not.toContain('gone@');
  // Another process learns of it by the database, and notes it in its own folder.
  const elsewhere = dataFolder('erased-people');
  await repeatErasedPeople({ ...services, dataDir: elsewhere });
  expect(noted(elsewhere)).toContain(id);
  await pool.query('delete from erased_people where id = $1', [id]);
  for (const [index, table] of tables.entries())
    await pool.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1::json)`, [
      JSON.stringify(before[index]?.rows),
    ]);
  expect(await addresses()).toContain('gone@agency.example');
  await repeatErasedPeople({ ...services, dataDir: elsewhere });
  expect(await addresses()).not.toContain('gone@agency.example');
  // Once more there is nothing to do.
  await repeatErasedPeople(services);
});
