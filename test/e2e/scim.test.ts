import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { type OidcIdp, startOidcIdp } from '../support/fakes/oidc-idp.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const secret = randomBytes(32).toString('hex');

let gateway: TestGateway;
let second: GatewayProcess;
let idp: OidcIdp;
let token: string;
let connectionId: string;

interface User {
  id: string;
  userName: string;
  active: boolean;
  externalId?: string;
  meta: { location: string };
  [attribute: string]: unknown;
}
interface List<Row> {
  totalResults: number;
  startIndex: number;
  itemsPerPage: number;
  Resources: Row[];
}

const scim = (method: string, path: string, body?: unknown, as = token): Promise<Response> =>
  fetch(`${gateway.url}/scim/v2${path}`, {
    method,
    headers: {
      ...bearer(as),
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const patch = (...Operations: unknown[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});
const refusal = async (
  answer: Promise<Response>,
): Promise<{ status: number; scimType: string | undefined; detail: string }> => {
  const response = await answer;
  expect(response.headers.get('content-type')).toBe('application/scim+json');
  const body = (await response.json()) as { schemas: string[]; status: string; scimType?: string; detail: string };
  expect([body.schemas, body.status]).toEqual([
    ['urn:ietf:params:scim:api:messages:2.0:Error'],
    String(response.status),
  ]);
  return { status: response.status, scimType: body.scimType, detail: body.detail };
};
const member = async (email: string): Promise<{ role: string; source: string; disabled: boolean } | undefined> => {
  const { rows } = await gateway.database.pool.query(
    `select m.role, m.source, m.disabled_at is not null as disabled from members m join people p on p.id = m.person_id where p.email = $1`,
    [email],
  );
  return (rows as { role: string; source: string; disabled: boolean }[])[0];
};
const signIn = async (account: OidcIdp['account']): Promise<{ jar: BrowserJar; status: number; text: string }> => {
  idp.account = account;
  const jar = new BrowserJar();
  const { response, text } = await jar.open(`${gateway.url}/auth/sso/scim`, { stopAt: `${gateway.url}/app` });
  return { jar, status: response.status, text };
};

beforeAll(async () => {
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    GATEWAY_OPERATOR_KEY: operatorKey,
    GATEWAY_SECRET: secret,
  });
  second = await spawnGateway({
    ...gatewayEnv(gateway.fakes, gateway.database.url, gateway.gateway.services.dataDir),
    GATEWAY_SECRET: secret,
  });
  idp = await startOidcIdp('okta', [`${gateway.url}/auth/sso/scim/callback`]);
  const connection = await json<{ id: string }>(
    gateway.post('/v1/sso-connections', {
      name: 'IdP',
      slug: 'scim',
      provider: 'okta',
      issuer: idp.issuer,
      client_id: idp.clientId,
      client_secret: idp.clientSecret,
      domains: ['scim.example'],
      default_role: 'viewer',
      group_roles: [
        { group: 'Builders', role: 'member' },
        { group: 'Heads', role: 'owner' },
      ],
    }),
    201,
  );
  connectionId = connection.id;
  const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/domains'));
  await json(gateway.post(`/v1/domains/${data[0]?.id}/verify`, {}, bearer(operatorKey)));
  ({ token } = await json<{ token: string }>(gateway.post('/v1/scim-tokens', { connection_id: connectionId }), 201));
});
afterAll(async () => {
  await second.kill('SIGTERM');
  await gateway.stop();
  await idp.stop();
});

let people = 0;
/** https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20#create-users */
const oktaUser = (userName = `okta${++people}@scim.example`) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  name: { givenName: 'Test', familyName: 'User' },
  emails: [{ primary: true, value: userName, type: 'work' }],
  displayName: 'Test User',
  locale: 'en-US',
  externalId: `00u${people}`,
  groups: [],
  password: '1mz050nq',
  active: true,
});
const create = async (body: object = oktaUser()): Promise<User> => json<User>(scim('POST', '/Users', body), 201);

describe('SCIM in Okta’s manner', () => {
  it('finds nobody, makes a user who is a member, finds them, changes and disables them', async () => {
    const given = oktaUser();
    const search = `/Users?filter=${encodeURIComponent(`userName eq "${given.userName}"`)}&startIndex=1&count=100`;
    expect(await json<List<User>>(scim('GET', search))).toMatchObject({ totalResults: 0, Resources: [] });
    const made = await scim('POST', '/Users', given);
    const user = (await made.json()) as User;
    expect([made.status, made.headers.get('location')]).toEqual([201, user.meta.location]);
    expect(user.meta.location).toBe(`${gateway.url}/scim/v2/Users/${user.id}`);
    expect(JSON.stringify(user)).not.toContain('1mz050nq');
    expect(user).toMatchObject({
      userName: given.userName,
      active: true,
      externalId: given.externalId,
      displayName: 'Test User',
    });
    expect(await member(given.userName)).toEqual({ role: 'viewer', source: 'scim', disabled: false });
    expect(await json<List<User>>(scim('GET', search))).toMatchObject({
      totalResults: 1,
      itemsPerPage: 1,
      startIndex: 1,
    });
    const changed = await json<User>(scim('PUT', `/Users/${user.id}`, { ...given, displayName: 'Another Name' }));
    expect(changed.displayName).toBe('Another Name');
    const off = await json<User>(
      scim('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: false } })),
    );
    expect(off.active).toBe(false);
    expect((await member(given.userName))?.disabled).toBe(true);
    await json<User>(scim('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: true } })));
    expect((await member(given.userName))?.disabled).toBe(false);
    const log = await json<{ data: { operation: string; actor: { type: string } }[] }>(
      gateway.get('/v1/audit?limit=3'),
    );
    expect(log.data.map(({ operation, actor }) => `${operation} by ${actor.type}`)).toEqual([
      'scim.users.update by scim',
      'scim.users.update by scim',
      'scim.users.create by scim',
    ]);
  });

  it('pushes groups, whose members get their role at once', async () => {
    const [one, two] = [await create(), await create()];
    const group = await json<{ id: string }>(
      scim('POST', '/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: 'Builders',
        members: [{ value: one.id, display: one.userName }],
      }),
      201,
    );
    expect([(await member(one.userName))?.role, (await member(two.userName))?.role]).toEqual(['member', 'viewer']);
    await json(
      scim(
        'PATCH',
        `/Groups/${group.id}`,
        patch(
          { op: 'remove', path: `members[value eq "${one.id}"]` },
          { op: 'add', path: 'members', value: [{ value: two.id, display: two.userName }] },
        ),
      ),
    );
    expect([(await member(one.userName))?.role, (await member(two.userName))?.role]).toEqual(['viewer', 'member']);
    await json(
      scim('PATCH', `/Groups/${group.id}`, patch({ op: 'replace', value: { id: group.id, displayName: 'Readers' } })),
    );
    expect((await member(two.userName))?.role).toBe('viewer');
    await json(scim('PUT', `/Groups/${group.id}`, { displayName: 'Builders', members: [{ value: one.id }] }));
    expect((await member(one.userName))?.role).toBe('member');
    // The directory gives the role, also to a member who was invited: a change by hand would be lost.
    const { rows } = await gateway.database.pool.query('select id from people where email = $1', [one.userName]);
    const personId = (rows as { id: string }[])[0]?.id ?? '';
    const { data } = await json<{ data: { email: string; role_given_by: unknown }[] }>(gateway.get('/v1/members'));
    expect(data.find(({ email }) => email === one.userName)?.role_given_by).toMatchObject({ groups: ['Builders'] });
    const promote = (): Promise<Response> => gateway.send('PATCH', `/v1/members/${personId}`, { role: 'owner' });
    expect((await promote()).status).toBe(409);
    await gateway.database.pool.query(`update members set source = 'invite' where person_id = $1`, [personId]);
    expect((await promote()).status).toBe(409);
    await gateway.database.pool.query(`update members set source = 'scim' where person_id = $1`, [personId]);
    expect((await scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
    expect((await member(one.userName))?.role).toBe('viewer');
    expect((await scim('GET', `/Groups/${group.id}`)).status).toBe(404);
  });
});

it('a person who becomes a member with their first group is on record with the role', async () => {
  await json(gateway.send('PATCH', `/v1/sso-connections/${connectionId}`, { default_role: null }));
  const user = await create();
  expect(await member(user.userName)).toBeUndefined();
  const group = await json<{ id: string }>(
    scim('POST', '/Groups', { displayName: 'Builders', members: [{ value: user.id }] }),
    201,
  );
  expect((await member(user.userName))?.role).toBe('member');
  const { data } = await json<{ data: object[] }>(gateway.get('/v1/audit?limit=1'));
  expect(data).toMatchObject([{ operation: 'scim.groups.role', actor: { type: 'scim' }, after: { role: 'member' } }]);
  await json(gateway.send('PATCH', `/v1/sso-connections/${connectionId}`, { default_role: 'viewer' }));
  expect((await scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
});

/** https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups */
describe('SCIM in Entra’s manner', () => {
  it('asks for a user that is not there, makes one, changes single attributes and disables by text', async () => {
    const probe = encodeURIComponent(`userName eq "${'8a4f2c1e'}"`);
    expect(await json<List<User>>(scim('GET', `/Users?filter=${probe}`))).toMatchObject({ totalResults: 0 });
    const userName = 'Entra.Person@scim.example';
    const user = await create({
      schemas: [
        'urn:ietf:params:scim:schemas:core:2.0:User',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
      ],
      externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
      userName,
      active: true,
      emails: [{ primary: true, type: 'work', value: userName }],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [],
    });
    expect(user.userName).toBe('entra.person@scim.example');
    for (const filter of [
      `externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`,
      `userName eq "${userName}"`,
      `emails[type eq "work"].value eq "${userName}"`,
    ])
      expect(await json<List<User>>(scim('GET', `/Users?filter=${encodeURIComponent(filter)}`))).toMatchObject({
        totalResults: 1,
      });
    const changed = await json<User>(
      scim(
        'PATCH',
        `/Users/${user.id}`,
        patch(
          { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@scim.example' },
          { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
          { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'Sales' },
        ),
      ),
    );
    expect(changed).toMatchObject({
      emails: [{ type: 'work', value: 'updated@scim.example' }],
      name: { familyName: 'updatedFamilyName' },
    });
    const off = await json<User>(
      scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'active', value: 'False' })),
    );
    expect(off.active).toBe(false);
    expect((await member('entra.person@scim.example'))?.disabled).toBe(true);
  });

  it('looks for a group without its members, and adds and removes members one at a time', async () => {
    const user = await create();
    const group = await json<{ id: string }>(
      scim('POST', '/Groups', { externalId: 'aad-1', displayName: 'Heads', members: [] }),
      201,
    );
    const filter = encodeURIComponent('displayName eq "heads"');
    const found = await json<List<{ id: string; members?: unknown }>>(
      scim('GET', `/Groups?excludedAttributes=members&filter=${filter}`),
    );
    expect([found.totalResults, found.Resources[0]?.members]).toEqual([1, undefined]);
    const change = (op: string, value: unknown): Promise<unknown> =>
      json(scim('PATCH', `/Groups/${group.id}`, patch({ op, path: 'members', value })));
    await change('Add', [{ $ref: null, value: user.id }]);
    expect((await member(user.userName))?.role).toBe('owner');
    await change('Remove', [{ $ref: null, value: user.id }]);
    expect((await json<{ members: unknown[] }>(scim('GET', `/Groups/${group.id}`))).members).toEqual([]);
    expect(await refusal(scim('POST', '/Groups', { displayName: 'HEADS' }))).toMatchObject({
      status: 409,
      scimType: 'uniqueness',
    });
    expect((await scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
  });
});

describe('a provisioned person', () => {
  it('is linked by userName at the first sign-in, and out within a second on every process when disabled', async () => {
    const user = await create();
    const account = { sub: `sub-${user.id}`, email: user.userName };
    const { jar } = await signIn(account);
    const ask = (url: string): Promise<Response> =>
      fetch(`${url}/v1/session`, { headers: { cookie: jar.cookies(`${gateway.url}/v1/session`) } });
    expect(await json(ask(gateway.url))).toMatchObject({ person: { email: user.userName }, role: 'viewer' });
    // Both processes remember the session.
    expect((await ask(second.url)).status).toBe(200);
    await json(scim('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: false } })));
    await eventually(async () =>
      expect([(await ask(gateway.url)).status, (await ask(second.url)).status]).toEqual([401, 401]),
    );
    const again = await signIn(account);
    expect([again.status, again.text]).toEqual([403, expect.stringContaining('disabled')]);
  });

  it('does not get in again after DELETE, and does when they are provisioned once more', async () => {
    const given = oktaUser();
    const user = await create(given);
    const account = { sub: `sub-${user.id}`, email: user.userName };
    expect((await signIn(account)).status).toBe(303);
    expect((await scim('DELETE', `/Users/${user.id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${user.id}`)).status).toBe(404);
    expect((await scim('DELETE', `/Users/${user.id}`)).status).toBe(404);
    expect((await signIn(account)).status).toBe(403);
    await create(given);
    expect((await signIn(account)).status).toBe(303);
  });

  it('stays where they are the last owner', async () => {
    const user = await create();
    const group = await json<{ id: string }>(
      scim('POST', '/Groups', { displayName: 'Heads', members: [{ value: user.id }] }),
      201,
    );
    await gateway.database.pool.query(
      `update members set role = 'viewer' where role = 'owner' and person_id <> (select id from people where email = $1)`,
      [user.userName],
    );
    const off = patch({ op: 'replace', value: { active: false } });
    expect(await refusal(scim('PATCH', `/Users/${user.id}`, off))).toMatchObject({
      status: 409,
      detail: expect.stringContaining('last owner'),
    });
    expect(await refusal(scim('DELETE', `/Users/${user.id}`))).toMatchObject({ status: 409 });
    expect(await member(user.userName)).toMatchObject({ role: 'owner', disabled: false });
    await json(scim('PATCH', `/Groups/${group.id}`, patch({ op: 'remove', path: 'members' })));
    expect((await member(user.userName))?.role).toBe('owner');
  });

  it('is disabled, gets a group and signs in beside a change of the owners: neither waits for the other for ever', async () => {
    const [low, high] = (await Promise.all([create(), create()])).map(({ id, userName }) => ({ id, userName }));
    if (low === undefined || high === undefined) throw new Error('no users');
    const { pool } = gateway.database;
    const both = [low.userName, high.userName];
    /** In the order of their ids, as the database has it. */
    const ids = async (): Promise<string[]> => {
      await pool.query(
        `update members set role = 'owner' where person_id in (select id from people where email = any($1))`,
        [both],
      );
      const { rows } = await pool.query(
        'select p.email from members m join people p on p.id = m.person_id where p.email = any($1) order by m.id',
        [both],
      );
      return (rows as { email: string }[]).map(({ email }) => email);
    };
    const sub = (userName: string) => ({ sub: `sub-${userName}`, email: userName });
    const last = (await ids())[1] ?? '';
    const user = last === low.userName ? low : high;
    const first = last === low.userName ? high.userName : low.userName;
    expect((await signIn({ ...sub(last), groups: ['Heads'] })).status).toBe(303);
    for (const ask of [
      // Each takes the role of an owner away.
      async () => (await signIn(sub(last))).status,
      async () => (await scim('POST', '/Groups', { displayName: 'Deadlock', members: [{ value: user.id }] })).status,
      async () => (await scim('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: false } }))).status,
    ]) {
      await ids();
      const tx = await pool.connect();
      const lock = (email: string) =>
        tx.query('select 1 from members m join people p on p.id = m.person_id where p.email = $1 for update of m', [
          email,
        ]);
      try {
        await tx.query('begin');
        await lock(first);
        const answer = ask();
        await eventually(async () => {
          const { rows } = await pool.query(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
          );
          expect(rows).toHaveLength(1);
        });
        // As a change of the owners does: in the order of their ids.
        await lock(last);
        await tx.query('commit');
        expect([200, 201, 303]).toContain(await answer);
      } finally {
        await tx.query('rollback');
        tx.release();
      }
    }
  });

  it('leaves keys that they made, which the audit log lists', async () => {
    const user = await create();
    const { jar } = await signIn({ sub: `sub-${user.id}`, email: user.userName, groups: ['Heads'] });
    const cookie = jar.cookies(gateway.url);
    const page = { cookie, origin: gateway.url, 'x-gateway-app': '1', 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Nightly' });
    const made = await json<{ id: string; key: string }>(
      fetch(`${gateway.url}/v1/keys`, { method: 'POST', headers: page, body }),
      201,
    );
    const { person } = await json<{ person: { id: string } }>(
      fetch(`${gateway.url}/v1/session`, { headers: { cookie } }),
    );
    await json(scim('PATCH', `/Users/${user.id}`, patch({ op: 'replace', value: { active: false } })));
    expect((await member(user.userName))?.disabled).toBe(true);
    for (const url of [gateway.url, second.url]) await json(fetch(`${url}/v1/me`, { headers: bearer(made.key) }));
    const log = await json<{ data: { target: { id: string } }[] }>(
      gateway.get(`/v1/audit?operation=keys.create&actor_id=${person.id}`),
    );
    expect(log.data.map(({ target }) => target.id)).toEqual([made.id]);
  });
});

// June 2026, better-auth: SCIM tokens were for every provider and every organisation.
describe('a SCIM token', () => {
  it.each([
    ['someone@elsewhere.example', 403],
    ['someone@scim.example.evil.example', 403],
    ['not an address', 400],
    ['a@scim.example,b@elsewhere.example', 400],
  ])('makes no user named %s', async (userName, status) => {
    expect((await refusal(scim('POST', '/Users', { userName }))).status).toBe(status);
  });

  it('names no address of another domain, neither in the list of addresses nor by a change', async () => {
    const emails = [{ value: 'x@elsewhere.example', type: 'work' }];
    expect((await refusal(scim('POST', '/Users', { ...oktaUser(), emails }))).status).toBe(403);
    const user = await create();
    for (const operation of [
      { op: 'replace', value: { userName: 'x@elsewhere.example' } },
      { op: 'replace', path: 'userName', value: 'x@elsewhere.example' },
      { op: 'Add', path: 'emails[type eq "home"].value', value: 'x@elsewhere.example' },
    ])
      expect((await refusal(scim('PATCH', `/Users/${user.id}`, patch(operation)))).status).toBe(403);
    expect(await json(scim('GET', `/Users/${user.id}`))).toMatchObject({ userName: user.userName });
  });

  it('makes no member of a person of another workspace who was not invited', async () => {
    await gateway.database.pool.query(
      `insert into people (id, email, name, email_verified_at) values ('per_victim', 'victim@scim.example', 'Victim', now())`,
    );
    expect(await refusal(scim('POST', '/Users', oktaUser('victim@scim.example')))).toMatchObject({
      status: 409,
      scimType: 'uniqueness',
      detail: expect.stringContaining('not invited'),
    });
    await json(gateway.post('/v1/invitations', { email: 'victim@scim.example', role: 'viewer' }), 201);
    const user = await create(oktaUser('victim@scim.example'));
    expect(await member('victim@scim.example')).toMatchObject({ role: 'viewer' });
    expect((await refusal(scim('POST', '/Users', oktaUser('VICTIM@scim.example')))).status).toBe(409);
    expect(user.userName).toBe('victim@scim.example');
  });

  it('sees nothing of another connection, in this workspace or another', async () => {
    const user = await create();
    const other = await json<{ live_key: string }>(
      gateway.post('/v1/workspaces', { name: 'Other' }, bearer(operatorKey)),
      201,
    );
    for (const [slug, as] of [
      ['beside', {}],
      ['elsewhere', bearer(other.live_key)],
    ] as const) {
      const body = { name: slug, slug, issuer: idp.issuer, client_id: 'c', client_secret: 's' };
      const { id } = await json<{ id: string }>(gateway.post('/v1/sso-connections', body, as), 201);
      const theirs = await json<{ token: string }>(gateway.post('/v1/scim-tokens', { connection_id: id }, as), 201);
      expect((await json<List<User>>(scim('GET', '/Users', undefined, theirs.token))).totalResults).toBe(0);
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', oktaUser()],
        ['PATCH', patch({ op: 'replace', value: { active: false } })],
        ['DELETE', undefined],
      ] as const)
        expect((await scim(method, `/Users/${user.id}`, body, theirs.token)).status).toBe(404);
      expect((await refusal(scim('POST', '/Users', oktaUser(), theirs.token))).status).toBe(403);
    }
  });

  it('is the only credential, and ends at once', async () => {
    const { id, token: own } = await json<{ id: string; token: string }>(
      gateway.post('/v1/scim-tokens', { connection_id: connectionId }),
      201,
    );
    expect((await scim('GET', '/Users', undefined, own)).status).toBe(200);
    expect((await gateway.send('DELETE', `/v1/scim-tokens/${id}`)).status).toBe(204);
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', role: 'owner' }), 201);
    for (const as of [own, key, '', `gw_scim_${'x'.repeat(43)}`]) {
      const answer = scim('GET', '/Users', undefined, as);
      expect((await answer).headers.get('www-authenticate')).toBe('Bearer');
      expect((await refusal(answer)).status).toBe(401);
    }
  });
});

describe('the protocol', () => {
  it('is described: what is offered, resource types and schemas', async () => {
    expect(await json(scim('GET', '/ServiceProviderConfig'))).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
    });
    for (const [path, ids] of [
      ['ResourceTypes', ['User', 'Group']],
      ['Schemas', ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:ietf:params:scim:schemas:core:2.0:Group']],
    ] as const) {
      const { Resources } = await json<List<{ id: string }>>(scim('GET', `/${path}`));
      expect(Resources.map(({ id }) => id)).toEqual(ids);
      expect(await json(scim('GET', `/${path}/${ids[0]}`))).toMatchObject({ id: ids[0] });
    }
    expect((await scim('GET', '/Users')).headers.get('content-type')).toBe('application/scim+json');
  });

  it('pages through users, each once', async () => {
    await Promise.all([create(), create(), create()]);
    const { totalResults } = await json<List<User>>(scim('GET', '/Users?count=0'));
    const seen = new Set<string>();
    for (let startIndex = 1; startIndex <= totalResults; startIndex += 2) {
      const page = await json<List<User>>(scim('GET', `/Users?startIndex=${startIndex}&count=2`));
      expect([page.totalResults, page.startIndex]).toEqual([totalResults, startIndex]);
      for (const { id } of page.Resources) seen.add(id);
    }
    expect(seen.size).toBe(totalResults);
    expect(await json<List<User>>(scim('GET', `/Users?startIndex=${totalResults + 1}`))).toMatchObject({
      totalResults,
      Resources: [],
    });
  });

  it.each([
    ['GET', '/Users?filter=userName%20co%20%22a%22', undefined, 400, 'invalidFilter'],
    ['GET', '/Users?filter=nickName%20eq%20%22a%22', undefined, 400, 'invalidFilter'],
    ['GET', '/Users?count=many', undefined, 400, 'invalidValue'],
    ['GET', '/Users/unknown', undefined, 404, undefined],
    ['GET', '/Me', undefined, 404, undefined],
    ['POST', '/Bulk', {}, 404, undefined],
    ['POST', '/Users', { active: true }, 400, 'invalidValue'],
    ['POST', '/Users', { userName: 'x@scim.example', active: 'maybe' }, 400, 'invalidValue'],
    ['POST', '/Groups', { displayName: 'G', members: [{ value: 'nobody' }] }, 400, 'invalidValue'],
    ['POST', '/Groups', {}, 400, 'invalidValue'],
  ])('%s %s is refused in SCIM’s shape', async (method, path, body, status, scimType) => {
    expect(await refusal(scim(method, path, body))).toMatchObject({ status, scimType });
  });

  it('refuses a body that is no JSON, or too large', async () => {
    const post = (body: string): Promise<Response> =>
      fetch(`${gateway.url}/scim/v2/Users`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/scim+json' },
        body,
      });
    expect(await refusal(post('{"userName":'))).toMatchObject({ status: 400, scimType: 'invalidSyntax' });
    expect((await refusal(post(JSON.stringify({ userName: 'x'.repeat(3_000_000) })))).status).toBe(413);
  });
});
