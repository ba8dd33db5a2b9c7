import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { codeOf } from '../support/authenticator-app.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { openPasskeyBrowser, type PasskeyBrowser } from '../support/passkey-browser.ts';
import { browser, firstPerson, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Two processes on one database: what changes for a person on the one holds on the other. */
let gateway: TestGateway;
let second: TestGateway;
let mailbox: Mailbox;
let ada: Person;

beforeAll(async () => {
  mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, SIGN_UP: 'open' };
  gateway = await startTestGateway(env);
  second = await startTestGateway({
    ...env,
    // Tests come to this one as through a proxy.
    TRUST_PROXY: '127.0.0.1',
    DATABASE_URL: gateway.database.url,
    GATEWAY_SECRET: gateway.gateway.services.secret,
  });
  ada = await firstPerson(gateway);
}, 60_000);
afterAll(async () => {
  await second.stop();
  await gateway.stop();
  await mailbox.stop();
});

interface SessionView {
  person: { id: string; email: string };
  workspace: { id: string; name: string } | null;
  workspaces: { id: string; role: string }[];
  role: string | null;
}
const sql = (text: string, values: unknown[] = []) => gateway.gateway.services.db.query(text, values);
const session = (person: Person): Promise<SessionView> => json(person.get('/v1/session'));

/** A person who has accepted an invitation of Ada's. A test that is repeated has left one of the same address, who gives it up. */
async function invited(name: string, rights: object = { role: 'member' }): Promise<Person & { id: string }> {
  const email = `${name}@agency.example`;
  await sql(`update people set email = id || '@earlier.example' where email = $1`, [email]);
  const { url } = await json<{ url: string }>(ada.send('POST', '/v1/invitations', { email, ...rights }), 201);
  const person = browser(gateway);
  const view = await json<SessionView>(person.send('POST', '/auth/link', { token: tokenOf(url), name }));
  return { ...person, id: view.person.id };
}

/** The newest of the mails to an address with these words in them, once there are that many. */
const mailsWith = (email: string, words: string, count: number): Promise<string> =>
  eventually(() => {
    const found = mailbox.mails.filter(({ to, text }) => to === email && text.includes(words));
    expect(found).toHaveLength(count);
    return found.at(-1)?.text ?? '';
  }, 20_000);

/** As if the person had signed in eleven minutes ago. */
async function grownOld(person: { id: string }): Promise<void> {
  await sql(`update sessions set factor_at = now() - interval '11 minutes' where person_id = $1`, [person.id]);
  await sql(`select pg_notify('sessions', $1)`, [person.id]);
  gateway.gateway.services.sessions.forget(person.id);
}

/** Gives the code that confirmed the app, which is used, and the recovery codes. */
async function withApp(person: Person): Promise<{ used: string; codes: string[] }> {
  const { secret } = await json<{ secret: string }>(person.send('POST', '/v1/me/totp', {}));
  const code = codeOf(secret, Date.now());
  const verified = await json<{ recovery_codes: string[] }>(person.send('POST', '/v1/me/totp/verify', { code }));
  return { used: code, codes: verified.recovery_codes };
}

describe('an invitation', () => {
  it('lets a new person in once, by its link', async () => {
    const email = 'bob@agency.example';
    const { url } = await json<{ url: string }>(ada.send('POST', '/v1/invitations', { email, role: 'viewer' }), 201);
    const token = tokenOf(url);
    const both = [browser(gateway), browser(second)];
    const answers = await Promise.all(both.map((one) => one.send('POST', '/auth/link', { token, name: 'Bob' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    const bob = both[answers.findIndex(({ status }) => status === 200)] as Person;
    expect(await session(bob)).toMatchObject({ person: { email, name: 'Bob' }, role: 'viewer' });
    expect((await bob.send('POST', '/v1/keys', { name: 'k' })).status).toBe(403);
  });

  it('is on record when it is accepted, and the owners hear of a new owner', async () => {
    const juno = await invited('juno', { role: 'owner' });
    const { data } = await json<{ data: object[] }>(
      ada.get(`/v1/audit?operation=invitations.accept&target_id=${juno.id}`),
    );
    expect(data).toMatchObject([{ actor: { type: 'person', id: juno.id }, after: { role: 'owner' } }]);
    await mailbox.with('ada@agency.example', 'juno@agency.example is now an owner');
    await json(juno.send('DELETE', '/v1/members/me'), 204);
  });

  it('is bound to its address, and opens nobody’s account', async () => {
    const mallory = await invited('mallory');
    await invited('trent');
    // Mallory owns a workspace, invites Trent there, and so knows the link.
    await sql(`insert into workspaces (id, name) values ('ws_mallory', 'Mallory’s')`);
    await sql(
      `insert into members (workspace_id, id, person_id, role) values ('ws_mallory', 'mem_mallory', $1, 'owner')`,
      [mallory.id],
    );
    gateway.gateway.services.sessions.forget(mallory.id);
    await json(mallory.send('PATCH', '/v1/session', { workspace_id: 'ws_mallory' }));
    const email = 'trent@agency.example';
    const { url } = await json<{ url: string }>(
      mallory.send('POST', '/v1/invitations', { email, role: 'member' }),
      201,
    );
    const token = tokenOf(url);
    expect((await mallory.send('POST', '/auth/link', { token })).status).toBe(403);
    expect((await browser(gateway).send('POST', '/auth/link', { token })).status).toBe(401);
    const stolen = { token, email: 'mallory@agency.example' };
    expect((await browser(gateway).send('POST', '/auth/link', stolen)).status).toBe(403);
  });

  it('adds a workspace to the person who is signed in, who then switches between both', async () => {
    const carol = await invited('carol');
    const made = await json<{ id: string; live_key: string }>(
      ada.send('POST', '/v1/workspaces', { name: 'Second' }),
      201,
    );
    const asOwner = { authorization: `Bearer ${made.live_key}` };
    const body = { email: 'carol@agency.example', role: 'owner' };
    const { url } = await json<{ url: string }>(gateway.post('/v1/invitations', body, asOwner), 201);
    const view = await json<SessionView>(carol.send('POST', '/auth/link', { token: tokenOf(url) }));
    expect(view).toMatchObject({ workspace: { id: made.id }, role: 'owner' });
    expect(view.workspaces.map(({ role }) => role).sort()).toEqual(['member', 'owner']);
    const first = view.workspaces.find(({ id }) => id !== made.id)?.id;
    expect(await json(carol.send('PATCH', '/v1/session', { workspace_id: first }))).toMatchObject({ role: 'member' });
  });
});

describe('a role', () => {
  it('that changes holds within a second on every process, and the cookie is replaced', async () => {
    const dave = await invited('dave', { role: 'owner' });
    const old = dave.cookie();
    expect((await dave.get('/v1/keys')).status).toBe(200);
    expect((await browser(second, old).get('/v1/keys')).status).toBe(200);
    await json(ada.send('PATCH', `/v1/members/${dave.id}`, { role: 'viewer' }));
    const changed = Date.now();
    for (const there of [dave, browser(second, old)])
      while ((await there.get('/v1/keys')).status !== 403) expect(Date.now() - changed).toBeLessThan(10_000);
    expect(dave.cookie()).not.toBe(old);
    await json(ada.send('DELETE', `/v1/members/${dave.id}`), 204);
    expect(await session(dave)).toMatchObject({ workspace: null, role: null, workspaces: [] });
    expect((await dave.get('/v1/usage/clients')).status).toBe(403);
  });

  it('of a client gets the session and nothing else of /v1', async () => {
    const client = await invited('client', { role: 'client', client_id: 'acme' });
    expect(await session(client)).toMatchObject({ role: 'client' });
    for (const path of [
      '/v1/usage/clients',
      '/v1/clients',
      '/v1/budgets',
      '/v1/members',
      '/v1/me/passkeys',
      '/v1/keys',
    ])
      expect([path, (await client.get(path)).status]).toEqual([path, 403]);
  });

  it('ends where its person leaves, but for the last owner', async () => {
    const erin = await invited('erin');
    await json(erin.send('DELETE', '/v1/members/me'), 204);
    expect(await session(erin)).toMatchObject({ workspaces: [] });
    const mine = (await session(ada)).person.id;
    expect((await ada.send('DELETE', '/v1/members/me')).status).toBe(409);
    expect((await ada.send('PATCH', `/v1/members/${mine}`, { role: 'member' })).status).toBe(409);
  });
});

describe('step-up', () => {
  it('asks people, and no key, for a factor of the last ten minutes', async () => {
    const frank = await invited('frank', { role: 'owner' });
    const { used, codes } = await withApp(frank);
    const key = await json<{ id: string }>(frank.send('POST', '/v1/keys', { name: 'Newsletter' }), 201);
    await json(frank.send('POST', `/v1/keys/${key.id}/roll`, {}));
    await grownOld(frank);
    const guarded = [
      ['POST', `/v1/keys/${key.id}/roll`, {}],
      ['POST', '/v1/invitations', { email: 'friend@agency.example', role: 'owner' }],
      ['PATCH', `/v1/members/${frank.id}`, { role: 'owner' }],
      ['POST', '/v1/me/email', { email: 'frank@elsewhere.example' }],
      ['DELETE', '/v1/me/totp', undefined],
      ['POST', '/v1/me/passkeys/options', {}],
      ['PUT', '/v1/workspace/security', { requires_second_factor: true }],
      ['DELETE', '/v1/me', undefined],
    ] as const;
    for (const [method, path, body] of guarded) {
      const refused = await json<{ error: { code: string; message: string } }>(frank.send(method, path, body), 403);
      expect([path, refused.error.code]).toEqual([path, 'step_up_required']);
      expect(refused.error.message).toContain('/auth/step-up');
    }
    await json(frank.send('POST', '/v1/invitations', { email: 'friend@agency.example', role: 'viewer' }), 201);
    // The code of the set-up is used; nobody guesses another one for long.
    expect((await frank.send('POST', '/auth/step-up', { code: used })).status).toBe(401);
    expect((await browser(gateway).send('POST', '/auth/step-up', { recovery_code: codes[0] })).status).toBe(401);
    await json(frank.send('POST', '/auth/step-up', { recovery_code: codes[0] }));
    await json(frank.send('POST', `/v1/keys/${key.id}/roll`, {}));
    await grownOld(frank);
    expect((await frank.send('POST', '/auth/step-up', { recovery_code: codes[0] })).status).toBe(401);
    await json(gateway.post(`/v1/keys/${key.id}/roll`, {}));
    await mailbox.with('frank@agency.example', 'was rolled');
  });

  it('takes a password, and beside an authenticator app not the password alone', async () => {
    const walter = await invited('walter', { role: 'owner' });
    const password = 'a quiet river of nine stones';
    await json(walter.send('PUT', '/v1/me/password', { password }), 204);
    await grownOld(walter);
    expect((await walter.send('POST', '/auth/step-up', { password: `${password}!` })).status).toBe(401);
    await json(walter.send('POST', '/auth/step-up', { password }));
    const { used, codes } = await withApp(walter);
    await grownOld(walter);
    const alone = await json<{ error: { code: string } }>(walter.send('POST', '/auth/step-up', { password }), 401);
    expect(alone.error.code).toBe('second_factor_required');
    await json(walter.send('POST', '/auth/step-up', { password, recovery_code: codes[0] }));
    // Signing in by password asks for the second factor, and takes no code and no recovery code twice.
    const email = 'walter@agency.example';
    const signIn = async (more: object) =>
      (await browser(gateway).send('POST', '/auth/sign-in', { email, password, ...more })).status;
    expect(await signIn({})).toBe(401);
    expect(await signIn({ code: used })).toBe(401);
    expect(await signIn({ recovery_code: codes[0] })).toBe(401);
    expect(await signIn({ recovery_code: codes[1] })).toBe(200);
  });

  it('counts wrong tries as a sign-in does: a stolen cookie guesses no code', async () => {
    const zoe = await invited('zoe');
    await withApp(zoe);
    const statuses: number[] = [];
    for (let i = 0; i < 12 && !statuses.includes(429); i++)
      statuses.push((await zoe.send('POST', '/auth/step-up', { code: '000000' })).status);
    expect(statuses.at(-1)).toBe(429);
  });

  it('is not a way in: the forms of other sites, and keys, cannot use it', async () => {
    const body = { code: '000000' };
    expect((await ada.send('POST', '/auth/step-up', body, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ada.send('POST', '/auth/step-up', body, { 'x-gateway-app': '' })).status).toBe(403);
    expect((await gateway.post('/auth/step-up', body)).status).not.toBe(200);
    for (const wrong of [{}, { code: 1 }, { otp: '1' }, { passkey: 'x' }])
      expect((await ada.send('POST', '/auth/step-up', wrong)).status).toBe(400);
  });
});

describe('a workspace that requires a second factor', () => {
  it('is closed to those without one until they add one', async () => {
    const heidi = await invited('heidi', { role: 'owner' });
    const ivan = await invited('ivan');
    const required = { requires_second_factor: true };
    expect((await heidi.send('PUT', '/v1/workspace/security', required)).status).toBe(409);
    await withApp(heidi);
    await json(heidi.send('PUT', '/v1/workspace/security', required));
    try {
      const refused = await json<{ error: { message: string } }>(ivan.get('/v1/budgets'), 403);
      expect(refused.error.message).toContain('second factor');
      expect(await session(ivan)).toMatchObject({ role: 'member' });
      await withApp(ivan);
      await json(ivan.get('/v1/budgets'));
      await json(heidi.get('/v1/members'));
    } finally {
      await sql('update workspaces set requires_second_factor = false');
      await sql(`select pg_notify('sessions', id) from people`);
      gateway.gateway.services.sessions.forget();
    }
  });
});

describe('a passkey', () => {
  let chromium: PasskeyBrowser;
  const localhost = () => gateway.url.replace('127.0.0.1', 'localhost');
  beforeAll(async () => {
    chromium = await openPasskeyBrowser(`${localhost()}/status`);
  }, 60_000);
  afterAll(() => chromium.stop());

  it('signs its person in, in a real browser, and ends the other sessions where it is removed', async () => {
    const judy = await invited('judy');
    const creating = await json(judy.send('POST', '/v1/me/passkeys/options', {}));
    const response = await chromium.create(creating);
    const made = await json<{ id: string }>(judy.send('POST', '/v1/me/passkeys', { name: 'Laptop', response }), 201);
    expect((await judy.send('POST', '/v1/me/passkeys', { response })).status).toBe(400);
    expect(await json(judy.get('/v1/me/passkeys'))).toMatchObject({ data: [{ id: made.id, name: 'Laptop' }] });

    const at = browser({ url: localhost() });
    const used = await chromium.use(await json(at.send('POST', '/auth/passkey/options', {})));
    const answers = await Promise.all([
      at.send('POST', '/auth/passkey', { response: used }),
      browser({ url: localhost() }).send('POST', '/auth/passkey', { response: used }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const again = await chromium.use(await json(at.send('POST', '/auth/passkey/options', {})));
    await json(at.send('POST', '/auth/passkey', { response: again }));
    expect(await session(at)).toMatchObject({ person: { email: 'judy@agency.example' } });
    expect((await browser(gateway).send('POST', '/auth/passkey', { response: used })).status).toBe(401);

    await grownOld(judy);
    expect((await at.send('DELETE', `/v1/me/passkeys/${made.id}`)).status).toBe(403);
    const confirmed = await chromium.use(await json(at.send('POST', '/auth/step-up/options', {})));
    const grace = await invited('grace');
    expect((await grace.send('POST', '/auth/step-up', { passkey: confirmed })).status).toBe(401);
    await json(at.send('POST', '/auth/step-up', { passkey: confirmed }));
    // Removing it ends the other sessions, this one stays.
    expect((await grace.send('DELETE', `/v1/me/passkeys/${made.id}`)).status).toBe(404);
    await json(at.send('DELETE', `/v1/me/passkeys/${made.id}`), 204);
    expect((await judy.get('/v1/session')).status).toBe(401);
    expect((await at.get('/v1/session')).status).toBe(200);
    const gone = await chromium.use(await json(at.send('POST', '/auth/passkey/options', {})));
    expect((await at.send('POST', '/auth/passkey', { response: gone })).status).toBe(401);
  }, 60_000);

  it('is not got round by a password alone, which changes no factor; with the code of an app it does', async () => {
    const oscar = await invited('oscar');
    const password = 'a quiet river of nine stones';
    await json(oscar.send('PUT', '/v1/me/password', { password }), 204);
    await sql(`insert into passkeys (id, person_id, public_key, name) values ('oscars', $1, '', 'Laptop')`, [oscar.id]);
    const signedIn = async (more: object = {}): Promise<Person> => {
      const person = browser(gateway);
      await json(person.send('POST', '/auth/sign-in', { email: 'oscar@agency.example', password, ...more }));
      return person;
    };
    const thief = await signedIn();
    for (const [method, path, body] of [
      ['POST', '/v1/me/totp', {}],
      ['POST', '/v1/me/totp/verify', { code: '000000' }],
      ['DELETE', '/v1/me/totp', undefined],
      ['POST', '/v1/me/passkeys/options', {}],
      ['POST', '/v1/me/passkeys', { response: {} }],
      ['DELETE', '/v1/me/passkeys/oscars', undefined],
      ['POST', '/v1/me/email', { email: 'oscar@elsewhere.example' }],
    ] as const) {
      const answer = await thief.send(method, path, body);
      expect([path, answer.status, await answer.text()]).toEqual([path, 403, expect.stringContaining('a passkey')]);
    }
    expect(await json(thief.get('/v1/me/passkeys'))).toMatchObject({ data: [{ id: 'oscars' }] });
    const { codes } = await withApp(oscar);
    const own = await signedIn({ recovery_code: codes[0] });
    await json(own.send('DELETE', '/v1/me/passkeys/oscars'), 204);
  });
});

describe('a new address', () => {
  it('counts once its own mailbox has confirmed it, in the person’s own session', async () => {
    const kim = await invited('kim');
    const email = 'kim@elsewhere.example';
    await json(kim.send('POST', '/v1/me/email', { email }), 202);
    expect(await session(kim)).toMatchObject({ person: { email: 'kim@agency.example' } });
    const [link] = /http\S+auth\/link#[\w-]+/.exec(await mailbox.newest(email)) ?? [];
    // A stranger may have got the mail.
    expect((await browser(gateway).send('POST', '/auth/link', { token: tokenOf(link) })).status).toBe(401);
    const stranger = await invited('stranger');
    expect((await stranger.send('POST', '/auth/link', { token: tokenOf(link) })).status).toBe(401);
    await json(kim.send('POST', '/auth/link', { token: tokenOf(link) }));
    expect(await session(kim)).toMatchObject({ person: { email } });
    const log = JSON.stringify(await json(ada.get(`/v1/audit?operation=me.email.confirm&target_id=${kim.id}`)));
    expect([log.includes('"changed":"address"'), log.includes('@elsewhere')]).toEqual([true, false]);
    expect((await kim.send('POST', '/auth/link', { token: tokenOf(link) })).status).toBe(410);
  });

  it('that another account uses is answered alike, and mailed without a link', async () => {
    const lee = await invited('lee');
    await json(lee.send('POST', '/v1/me/email', { email: 'ada@agency.example' }), 202);
    expect(await mailbox.with('ada@agency.example', 'another account uses')).not.toContain('/auth/link#');
    expect((await session(lee)).person.email).toBe('lee@agency.example');
  });
});

describe('an account', () => {
  it('is deleted by its person or by an operator, and the audit log keeps the id only', async () => {
    const mia = await invited('mia');
    const noah = await invited('noah');
    await json(mia.send('DELETE', '/v1/me'), 204);
    expect((await mia.get('/v1/session')).status).toBe(401);
    expect((await noah.send('DELETE', `/v1/people/${mia.id}`)).status).toBe(403);
    const { data } = await json<{ data: { id: string }[] }>(ada.get('/v1/people?limit=100'));
    expect(data.map(({ id }) => id)).toContain(noah.id);
    await json(ada.send('DELETE', `/v1/people/${noah.id}`), 204);
    expect((await ada.send('DELETE', `/v1/people/${noah.id}`)).status).toBe(404);
    expect((await noah.get('/v1/session')).status).toBe(401);
    for (const { table } of (
      await sql(
        `select table_name as table from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
      )
    ).rows as { table: string }[]) {
      const { rows } = await sql(
        `select count(*)::int as n from "${table}" t where t::text ilike '%mia@agency%' or t::text ilike '%noah@agency%'`,
      );
      expect([table, rows]).toEqual([table, [{ n: 0 }]]);
    }
    const { rows } = await sql(`select target_id from audit_log where target_id = any($1)`, [[mia.id, noah.id]]);
    expect(rows.length).toBeGreaterThan(1);
    const mine = (await session(ada)).person.id;
    expect((await ada.send('DELETE', '/v1/me')).status).toBe(409);
    expect((await ada.send('PATCH', `/v1/people/${mine}`, { is_operator: false })).status).toBe(409);
  });

  it('of the last owner of a workspace is deleted by nobody, until there is another', async () => {
    const sole = await invited('sole');
    const workspaceId = `ws_${sole.id}`;
    await sql(`insert into workspaces (id, name) values ($1, 'Sole')`, [workspaceId]);
    const own = (id: string, personId: string): Promise<unknown> =>
      sql(`insert into members (workspace_id, id, person_id, role) values ($1, $2, $3, 'owner')`, [
        workspaceId,
        id,
        personId,
      ]);
    await own('mem_sole', sole.id);
    for (const answer of [await sole.send('DELETE', '/v1/me'), await ada.send('DELETE', `/v1/people/${sole.id}`)])
      expect(await json(answer, 409)).toMatchObject({
        error: { code: 'conflict', message: expect.stringContaining('the last owner of "Sole"') },
      });
    // Another one who cannot sign in is none.
    const gone = await invited('gone');
    await own('mem_gone', gone.id);
    await sql('update people set disabled_at = now() where id = $1', [gone.id]);
    expect((await sole.send('DELETE', '/v1/me')).status).toBe(409);
    await sql('update people set disabled_at = null where id = $1', [gone.id]);
    await json(sole.send('DELETE', '/v1/me'), 204);
  });
});

it('a session by single sign-on changes nothing that counts in other workspaces: no factor, no address, no account', async () => {
  const pat = await invited('pat');
  await sql(`update sessions set method = 'sso' where person_id = $1`, [pat.id]);
  gateway.gateway.services.sessions.forget(pat.id);
  for (const [method, path, body] of [
    ['POST', '/v1/me/totp', {}],
    ['POST', '/v1/me/passkeys/options', {}],
    ['POST', '/v1/me/passkeys', { response: {} }],
    ['POST', '/v1/me/email', { email: 'pat@elsewhere.example' }],
    ['DELETE', '/v1/me', undefined],
    ['PUT', '/v1/me/password', { password: 'a quiet river of nine stones' }],
  ] as const) {
    const answer = await pat.send(method, path, body);
    expect([path, answer.status, await answer.text()]).toEqual([path, 403, expect.stringContaining('single sign-on')]);
  }
  await json(pat.get('/v1/me/passkeys'));
});

describe('a sign-up', () => {
  const signUp = (body: object) => browser(gateway).send('POST', '/auth/sign-up', body);

  it('makes a workspace whose live calls wait for a plan or a provider key', async () => {
    const email = 'olga@studio.example';
    await json(signUp({ email, name: 'Olga', workspace_name: 'Studio' }), 202);
    const [link] = /http\S+auth\/link#[\w-]+/.exec(await mailbox.newest(email)) ?? [];
    const olga = browser(gateway);
    const view = await json<SessionView>(olga.send('POST', '/auth/link', { token: tokenOf(link) }));
    expect(view).toMatchObject({ person: { email, name: 'Olga' }, workspace: { name: 'Studio' }, role: 'owner' });
    expect((await browser(gateway).send('POST', '/auth/link', { token: tokenOf(link) })).status).toBe(410);
    expect((await olga.send('POST', '/v1/workspaces', { name: 'More' })).status).toBe(403);
    const keyOf = async (mode: string) =>
      (await json<{ key: string }>(olga.send('POST', '/v1/keys', { name: mode, mode }), 201)).key;
    const call = (key: string, path = chat, body: object = hello()) =>
      gateway.post(path, body, { authorization: `Bearer ${key}` });
    const [live, test] = [await keyOf('live'), await keyOf('test')];
    let asked = gateway.fakes.openai.requests.length;
    for (const [path, body] of [
      [chat, hello()],
      ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
      ['/v1/responses', { model: 'gpt-4o', input: 'Hi' }],
    ] as const) {
      const refused = await json<{ error: { code: string; message: string } }>(call(live, path, body), 402);
      expect(refused.error.code).toBe('budget_exceeded');
      expect(refused.error.message).toContain('Buy a plan, or add a provider key');
    }
    expect(gateway.fakes.openai.requests).toHaveLength(asked);
    expect(await json(gateway.get('/v1/budgets/check', { authorization: `Bearer ${live}` }))).toMatchObject({
      allowed: false,
      reason: 'budget_exceeded',
    });
    await json(call(test));
    const workspaceId = view.workspace?.id;
    const planIs = async (status: string) => {
      await sql(
        `insert into bought_plans (workspace_id, customer_id, status, changed_at) values ($1, 'cus_olga', $2, now())
         on conflict (workspace_id) do update set status = $2`,
        [workspaceId, status],
      );
      await sql(`select pg_notify('workspaces', $1)`, [workspaceId]);
    };
    await planIs('active');
    await eventually(async () => expect((await call(live)).status).toBe(200));
    await planIs('canceled');
    await eventually(async () => expect((await call(live)).status).toBe(402));
    asked = gateway.fakes.openai.requests.length;
    // With a key of its own only that key pays: the operator's are not a stranger's to spend.
    const own = { name: 'mine', kind: 'openai', base_url: 'https://api.openai.com/v1', api_key: 'sk-own' };
    await json(olga.send('POST', '/v1/providers', own), 201);
    expect((await call(live, chat, { ...hello(), model: 'anthropic/claude-sonnet-4-6' })).status).not.toBe(200);
    expect((await call(live, chat, { ...hello(), model: 'openai/gpt-4o' })).status).not.toBe(200);
    expect(gateway.fakes.openai.requests).toHaveLength(asked);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
  });

  it('answers alike for an address that is known, which gets no link', async () => {
    const [fresh, known] = await Promise.all([
      signUp({ email: 'new@studio.example' }),
      signUp({ email: 'ada@agency.example' }),
    ]);
    expect([fresh.status, known.status]).toEqual([202, 202]);
    expect(Object.keys(await json<object>(known, 202))).toEqual(Object.keys(await json<object>(fresh, 202)));
    expect(await mailbox.with('ada@agency.example', 'has an account already')).not.toContain('/auth/link#');
  });

  it('is counted once for each of many at once, so that an address gets three mails', async () => {
    const email = 'crowd@studio.example';
    const asked = await Promise.all(Array.from({ length: 12 }, () => signUp({ email })));
    expect(asked.map(({ status }) => status)).toEqual(Array(12).fill(202));
    await json(signUp({ email: 'behind-crowd@studio.example' }), 202);
    await mailbox.newest('behind-crowd@studio.example');
    await mailbox.newest(email, 3);
    const { rows } = await sql('select count(*)::int as links from sign_in_links where email = $1', [email]);
    expect(rows).toEqual([{ links: 3 }]);
  });

  it('is counted by client where the gateway can tell clients apart, and else by nobody', async () => {
    const ask = (door: TestGateway, n: number, from: string) =>
      browser(door).send(
        'POST',
        '/auth/sign-up',
        { email: `${n}@${from.length}.example` },
        { 'x-forwarded-for': from },
      );
    // Behind a proxy that the gateway does not know, everybody comes from one address.
    for (let n = 0; n < 21; n += 1) expect((await ask(gateway, n, '198.51.100.7')).status).toBe(202);
    for (let n = 0; n < 20; n += 1) expect((await ask(second, n, `2001:db8:7:7::${n}`)).status).toBe(202);
    expect((await ask(second, 20, '2001:db8:7:7::ffff')).status).toBe(429);
    expect((await ask(second, 21, '2001:db8:7:8::1')).status).toBe(202);
  });

  it('takes its address from an account that somebody else made with it, and from no other', async () => {
    const email = 'vera@studio.example';
    const { url } = await json<{ url: string }>(ada.send('POST', '/v1/invitations', { email, role: 'member' }), 201);
    const squatter = browser(gateway);
    const { person } = await json<SessionView>(squatter.send('POST', '/auth/link', { token: tokenOf(url) }));
    await json(signUp({ email }), 202);
    const [link] = /http\S+auth\/link#[\w-]+/.exec(await mailbox.with(email, 'did not make that account')) ?? [];
    const vera = browser(gateway);
    const view = await json<SessionView>(vera.send('POST', '/auth/link', { token: tokenOf(link) }));
    expect(view).toMatchObject({ person: { email }, role: 'owner' });
    expect(view.person.id).not.toBe(person.id);
    expect(view.workspaces).toHaveLength(1);
    expect((await squatter.get('/v1/session')).status).toBe(401);
    const { rows } = await sql('select email from people where id = $1', [person.id]);
    expect(rows).toEqual([{ email: `${person.id}@unconfirmed.invalid` }]);
    await json(signUp({ email }), 202);
    expect(await mailsWith(email, 'has an account already', 2)).not.toContain('/auth/link#');
  });

  it('mails one address three times an hour at most, and is refused to other sites', async () => {
    for (let i = 0; i < 5; i++) await json(signUp({ email: 'flood@studio.example' }), 202);
    await json(signUp({ email: 'after@studio.example' }), 202);
    await mailbox.newest('after@studio.example');
    expect(mailbox.mails.filter(({ to }) => to === 'flood@studio.example')).toHaveLength(3);
    const foreign = { origin: 'https://evil.example' };
    const body = { email: 'x@studio.example' };
    expect((await browser(gateway).send('POST', '/auth/sign-up', body, foreign)).status).toBe(403);
    for (const wrong of [{}, { email: 'x' }, { email: 'x@y.example', role: 'owner' }])
      expect((await signUp(wrong)).status).toBe(400);
  });
});

describe('a forgotten password', () => {
  const ask = (email: string) => browser(gateway).send('POST', '/auth/reset', { email });
  const password = 'three horses in a row';
  const words = 'asked for a new password';
  const mailed = async (email: string, count = 1): Promise<string> => {
    await json(ask(email), 202);
    return tokenOf(/http\S+auth\/link#[\w-]+/.exec(await mailsWith(email, words, count))?.[0]);
  };
  const open = (token: string, more: object = {}, person = browser(gateway)) =>
    person.send('POST', '/auth/link', { token, ...more });

  it('is replaced by a link to the address, which works once and also gives a first password', async () => {
    const iris = await invited('iris');
    const email = 'iris@agency.example';
    await iris.send('POST', '/auth/sign-out');
    const token = await mailed(email);
    const again = browser(gateway);
    expect(await json<SessionView>(open(token, {}, again))).toMatchObject({ person: { id: iris.id }, role: 'member' });
    expect((await open(token)).status).toBe(410);
    expect((await again.send('PUT', '/v1/me/password', { password })).status).toBe(204);
    await json(browser(gateway).send('POST', '/auth/sign-in', { email, password }));
    // Forgotten once more: a confirmed address keeps its sessions, and needs no current password.
    const third = browser(gateway);
    await json(open(await mailed(email, 2), {}, third));
    await json(again.get('/v1/session'));
    expect((await third.send('PUT', '/v1/me/password', { password: 'five horses in a row' })).status).toBe(204);
  });

  it('lets a client back in as a client', async () => {
    const jane = await invited('jane', { role: 'client', client_id: 'acme' });
    expect(await json<SessionView>(open(await mailed('jane@agency.example')))).toMatchObject({
      person: { id: jane.id },
      role: 'client',
    });
  });

  it('ends what was set up before by somebody who never showed that the address is theirs', async () => {
    const email = 'kim@agency.example';
    const squatter = await invited('kim');
    expect((await squatter.send('PUT', '/v1/me/password', { password })).status).toBe(204);
    await json(open(await mailed(email)));
    expect((await squatter.get('/v1/session')).status).toBe(401);
    expect((await browser(gateway).send('POST', '/auth/sign-in', { email, password })).status).toBe(401);
  });

  it('asks for the code of an app, and a wrong or missing one leaves the link as it is', async () => {
    const email = 'lena@agency.example';
    const { codes } = await withApp(await invited('lena'));
    const token = await mailed(email);
    const missing = await json<{ error: { code: string; param: string } }>(open(token), 401);
    expect(missing.error).toMatchObject({ code: 'second_factor_required', param: 'code' });
    expect((await open(token, { recovery_code: 'wrong-wrong' })).status).toBe(401);
    await json(open(token, { recovery_code: codes[0] }));
    expect((await open(token, { recovery_code: codes[1] })).status).toBe(410);
  });

  it('gives no more than some tries at a code', async () => {
    await withApp(await invited('mona'));
    const token = await mailed('mona@agency.example');
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => (await open(token, { code: '000000' })).status),
    );
    expect(statuses).toContain(429);
    expect(statuses.filter((one) => one !== 429 && one !== 401)).toEqual([]);
  });

  it('is answered alike for an unknown address, which gets no mail, and mailed three times an hour at most', async () => {
    const email = 'nina@agency.example';
    await invited('nina');
    const [known, unknown] = [await ask(email), await ask('nobody@agency.example')];
    expect([known.status, unknown.status]).toEqual([202, 202]);
    expect([await known.json(), await unknown.json()]).toEqual([{ email }, { email: 'nobody@agency.example' }]);
    expect((await Promise.all(Array.from({ length: 8 }, () => ask(email)))).map(({ status }) => status)).toEqual(
      Array(8).fill(202),
    );
    await mailed('ada@agency.example');
    await mailsWith(email, words, 3);
    const { rows } = await sql(
      `select count(*)::int as links from sign_in_links where email = $1 and purpose = 'reset'`,
      [email],
    );
    expect(rows).toEqual([{ links: 3 }]);
    expect(mailbox.mails.filter(({ to }) => to === 'nobody@agency.example')).toHaveLength(0);
    expect(
      (await browser(gateway).send('POST', '/auth/reset', { email }, { origin: 'https://evil.example' })).status,
    ).toBe(403);
    for (const wrong of [{}, { email: 'x' }, { email, password }])
      expect((await browser(gateway).send('POST', '/auth/reset', wrong)).status).toBe(400);
  });
});
