import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLink } from '../../gateway/src/people/sign-in-link.ts';
import { eventually, json } from '../support/ask.ts';
import { runCommand } from '../support/command-line.ts';
import { browser, firstPerson, invited, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** Two processes with one database: what one ends, the other forgets. */
let gateway: TestGateway;
let other: TestGateway;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
  const { url } = gateway.database;
  other = await startTestGateway({ DATABASE_URL: url, GATEWAY_SECRET: gateway.gateway.services.secret });
  ada = await firstPerson(gateway);
});
afterAll(async () => {
  await other.stop();
  await gateway.stop();
});

const status = async (answer: Promise<Response>): Promise<number> => (await answer).status;
interface Listed {
  data: { id: string; current: boolean; person: { email: string } }[];
}
const sessionsOf = async (person: Person): Promise<Listed['data']> =>
  (await json<Listed>(person.get('/v1/sessions'))).data;
/** Both processes remember the session. */
const there = async (person: Person): Promise<Person> => {
  const elsewhere = browser(other, person.cookie());
  await json(person.get('/v1/session'));
  await json(elsewhere.get('/v1/session'));
  return elsewhere;
};
const member = (name: string, role: 'owner' | 'member' | 'viewer' = 'member'): Promise<Person> =>
  invited(gateway, ada, { email: `${name}@agency.example`, role });

it('a session is not ended by a test key', async () => {
  const person = await member('tess');
  const found = (await sessionsOf(ada)).find((one) => one.person.email === 'tess@agency.example');
  expect(
    await status(
      gateway.send('DELETE', `/v1/sessions/${found?.id}`, undefined, { authorization: `Bearer ${testKey}` }),
    ),
  ).toBe(403);
  await json(person.get('/v1/session'));
});

describe('a session that both processes remember', () => {
  it('is over on both once its person signs out', async () => {
    const person = await member('bob');
    const elsewhere = await there(person);
    expect(await status(person.send('POST', '/auth/sign-out'))).toBe(204);
    await eventually(async () => expect(await status(elsewhere.get('/v1/session'))).toBe(401));
  });

  it('is over on both once an owner ends it, or a key of an owner', async () => {
    for (const [name, end] of [
      ['carol', (id: string) => ada.send('DELETE', `/v1/sessions/${id}`)],
      ['dave', (id: string) => gateway.send('DELETE', `/v1/sessions/${id}`)],
    ] as const) {
      const person = await member(name);
      const elsewhere = await there(person);
      const found = (await sessionsOf(ada)).find((one) => one.person.email === `${name}@agency.example`);
      expect(await status(end(found?.id ?? ''))).toBe(204);
      expect(await status(person.get('/v1/session'))).toBe(401);
      await eventually(async () => expect(await status(elsewhere.get('/v1/session'))).toBe(401));
    }
  });

  it('has the new rights on both once a role changes, and a new cookie; the old one is over a minute later', async () => {
    const person = await member('erin', 'owner');
    const elsewhere = await there(person);
    const old = person.cookie();
    expect(await status(elsewhere.get('/v1/keys'))).toBe(200);
    const { data } = await json<{ data: { id: string; email: string }[] }>(ada.get('/v1/members'));
    const id = data.find((one) => one.email === 'erin@agency.example')?.id;
    await json(ada.send('PATCH', `/v1/members/${id}`, { role: 'viewer' }));
    await eventually(async () => expect(await status(elsewhere.get('/v1/keys'))).toBe(403));
    expect(await json(person.get('/v1/session'))).toMatchObject({ role: 'viewer' });
    await eventually(async () => {
      await person.get('/v1/session');
      await elsewhere.get('/v1/session');
      expect([person.cookie() === old, elsewhere.cookie() === old]).toContain(false);
    });
    const current = person.cookie() === old ? elsewhere.cookie() : person.cookie();
    await json(browser(gateway, current).get('/v1/session'));
    // Requests that were on their way with the cookie before are still answered.
    await json(browser(gateway, old).get('/v1/session'));
    await gateway.database.pool.query('update sessions set previous_until = now()');
    gateway.gateway.services.sessions.forget();
    expect(await status(browser(gateway, old).get('/v1/session'))).toBe(401);
  });

  it('is over on both once its person is removed from the people of the gateway', async () => {
    const person = await member('frank');
    const elsewhere = await there(person);
    await gateway.database.pool.query(
      `with off as (update people set disabled_at = now() where email = 'frank@agency.example' returning id)
       select pg_notify('sessions', id) from off`,
    );
    for (const one of [person, elsewhere])
      await eventually(async () => expect(await status(one.get('/v1/session'))).toBe(401));
  });
});

describe('sessions', () => {
  it('are listed to their person, to owners also those of others in the workspace, and end one by one or all', async () => {
    const person = await member('grace');
    const mine = await sessionsOf(person);
    expect(mine).toMatchObject([{ current: true, person: { email: 'grace@agency.example' } }]);
    const adas = (await sessionsOf(ada)).find(({ current }) => current);
    expect(await status(person.send('DELETE', `/v1/sessions/${adas?.id}`))).toBe(404);
    const { data } = await json<Listed>(gateway.get('/v1/sessions'));
    expect(data.map(({ id }) => id)).toContain(mine[0]?.id);
    expect(await status(person.send('DELETE', '/v1/sessions'))).toBe(204);
    expect(await status(person.get('/v1/session'))).toBe(401);
    await json(ada.get('/v1/session'));
  });

  it('are for people: a key that is not an owner’s sees none, and no key has a session', async () => {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'reads', role: 'viewer' }), 201);
    const as = { authorization: `Bearer ${key}` };
    expect(await status(gateway.get('/v1/sessions', as))).toBe(403);
    expect(await status(gateway.get('/v1/session'))).toBe(403);
    expect(await status(gateway.send('DELETE', '/v1/sessions'))).toBe(403);
  });

  it('move to another workspace of their person only', async () => {
    const second = await json<{ id: string; live_key: string }>(
      ada.send('POST', '/v1/workspaces', { name: 'Second' }),
      201,
    );
    expect(await status(ada.send('PATCH', '/v1/session', { workspace_id: second.id }))).toBe(404);
    const { url } = await json<{ url: string }>(
      gateway.post(
        '/v1/invitations',
        { email: 'ada@agency.example', role: 'viewer' },
        { authorization: `Bearer ${second.live_key}` },
      ),
      201,
    );
    expect(await json(ada.send('POST', '/auth/link', { token: tokenOf(url) }))).toMatchObject({
      workspace: { id: second.id, name: 'Second' },
      role: 'viewer',
    });
    expect(await status(ada.send('POST', '/v1/keys', { name: 'k' }))).toBe(403);
    const { workspaces } = await json<{ workspaces: { id: string; role: string }[] }>(ada.get('/v1/session'));
    expect(workspaces.map(({ role }) => role)).toEqual(['owner', 'viewer']);
    await json(ada.send('PATCH', '/v1/session', { workspace_id: workspaces[0]?.id }));
    expect(await json(ada.get('/v1/session'))).toMatchObject({ role: 'owner' });
  });

  it('of the role client see their session, and get 403 on all else', async () => {
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme' }));
    const person = await invited(gateway, ada, { email: 'client@acme.example', role: 'client', client_id: 'acme' });
    expect(await json(person.get('/v1/session'))).toMatchObject({ role: 'client' });
    for (const path of [
      '/v1/me',
      '/v1/usage/clients',
      '/v1/budgets',
      '/v1/clients',
      '/v1/models',
      '/v1/sessions',
      '/v1/invoices',
    ])
      expect([path, await status(person.get(path))]).toEqual([path, 403]);
  });

  it('are over after their time', async () => {
    const person = await member('heidi');
    await gateway.database.pool.query(
      `update sessions set expires_at = now() from people p where p.id = person_id and p.email = 'heidi@agency.example'`,
    );
    gateway.gateway.services.sessions.forget();
    expect(await status(person.get('/v1/session'))).toBe(401);
  });
});

it('wrong tries on one process count on the other', async () => {
  const body = { email: 'ivan@agency.example', password: 'wrong horse battery' };
  for (let n = 0; n < 5; n += 1) expect(await status(browser(gateway).send('POST', '/auth/sign-in', body))).toBe(401);
  // A wait that outlasts a slow machine.
  await gateway.database.pool.query(
    `update sign_in_failures set wait_until = now() + interval '1 minute' where failures >= 5`,
  );
  expect(await status(browser(other).send('POST', '/auth/sign-in', body))).toBe(429);
});

describe('a link', () => {
  const link = async (purpose: 'sign-in' | 'first', lifeMs?: number): Promise<string> => {
    const { rows } = await gateway.database.pool.query(`select id from people where email = 'ada@agency.example'`);
    const personId = (rows[0] as { id: string }).id;
    return makeLink(gateway.database.pool as never, { purpose, personId, ...(lifeMs === undefined ? {} : { lifeMs }) });
  };

  it('works once, also when two open it at once', async () => {
    const token = await link('sign-in');
    const answers = await Promise.all(
      [gateway, other].map((at) => status(browser(at).send('POST', '/auth/link', { token }))),
    );
    expect(answers.sort()).toEqual([200, 410]);
  });

  it('is over after its time, and a stolen part of it opens nothing', async () => {
    expect(await status(browser(gateway).send('POST', '/auth/link', { token: await link('sign-in', 0) }))).toBe(410);
    const token = await link('sign-in');
    for (const part of [token.slice(1), `${token}a`, token.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))])
      expect(await status(browser(gateway).send('POST', '/auth/link', { token: part }))).toBe(410);
  });

  it('for the first person makes no second one', async () => {
    const token = await link('first');
    expect(await status(browser(gateway).send('POST', '/auth/link', { token, email: 'eve@agency.example' }))).toBe(410);
  });

  it('is stored as a hash only, and a cookie too', async () => {
    const token = await link('sign-in');
    const cookie = ada.cookie().split('=')[1] ?? '';
    const { rows } = await gateway.database.pool.query(
      `select row_to_json(l)::text as row from sign_in_links l union all select row_to_json(s)::text from sessions s`,
    );
    const all = rows.map(({ row }) => row).join('\n');
    for (const secret of [token, cookie]) {
      expect(all).not.toContain(secret);
      expect(all).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });
});

it('sign-in-link prints a link for a person beside a running gateway, and refuses an unknown address', async () => {
  const env = {
    DATABASE_URL: gateway.database.url,
    PUBLIC_URL: gateway.url,
    GATEWAY_SECRET: gateway.gateway.services.secret,
  };
  const { code, out } = await runCommand(['sign-in-link', 'ADA@agency.example'], { env });
  expect(code).toBe(0);
  const person = browser(gateway);
  expect(await json(person.send('POST', '/auth/link', { token: tokenOf(out.trim()) }))).toMatchObject({
    person: { email: 'ada@agency.example' },
  });
  // Locked out with a forgotten password: the link is proof enough to set another.
  expect(await status(person.send('PUT', '/v1/me/password', { password: 'correct horse battery' }))).toBe(204);
  const unknown = await runCommand(['sign-in-link', 'nobody@agency.example'], { env });
  expect([unknown.code, unknown.out]).toEqual([1, '']);
  expect(unknown.err).toContain('No person has the address nobody@agency.example');
});
