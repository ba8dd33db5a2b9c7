import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { firstPerson, invited, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

interface View {
  id: string;
  name: string;
  query: string;
  shared: boolean;
}

let gateway: TestGateway;
let owner: Person;
let member: Person;
let viewer: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
  owner = await firstPerson(gateway);
  member = await invited(gateway, owner, { email: 'bob@agency.example', role: 'member' });
  viewer = await invited(gateway, owner, { email: 'vera@agency.example', role: 'viewer' });
});
afterAll(() => gateway.stop());

const save = (person: Person, view: object): Promise<Response> =>
  person.send('POST', '/v1/views', { screen: 'calls', query: 'view=failed', ...view });
const saved = async (person: Person, view: object): Promise<View> => json<View>(save(person, view), 201);
const listed = async (person: Person, query = ''): Promise<string[]> =>
  (await json<{ data: View[] }>(person.get(`/v1/views${query}`))).data.map(({ name }) => name);

describe('a saved view', () => {
  it('is its person’s own: nobody else lists, changes or deletes it', async () => {
    const { id } = await saved(member, { name: 'Mine', query: 'view=failed&range=week' });
    expect(await listed(member)).toEqual(['Mine']);
    expect(await listed(owner)).toEqual([]);
    expect((await owner.send('PATCH', `/v1/views/${id}`, { name: 'Ours' })).status).toBe(404);
    expect((await owner.send('DELETE', `/v1/views/${id}`)).status).toBe(404);
    expect(await json(member.send('PATCH', `/v1/views/${id}`, { name: 'Still mine' }))).toMatchObject({
      id,
      name: 'Still mine',
      query: 'view=failed&range=week',
      shared: false,
    });
    expect((await member.send('DELETE', `/v1/views/${id}`)).status).toBe(204);
    expect(await listed(member)).toEqual([]);
  });

  it('that is shared is everybody’s to open, and the members’ and owners’ to change', async () => {
    const { id } = await saved(member, { name: 'Weekly', shared: true });
    for (const person of [owner, member, viewer]) expect(await listed(person)).toEqual(['Weekly']);
    expect((await viewer.send('PATCH', `/v1/views/${id}`, { name: 'x' })).status).toBe(403);
    expect((await viewer.send('DELETE', `/v1/views/${id}`)).status).toBe(403);
    expect((await save(viewer, { name: 'Also', shared: true })).status).toBe(403);
    await saved(viewer, { name: 'Viewer’s own' });
    expect(await json(owner.send('PATCH', `/v1/views/${id}`, { query: 'view=refused' }))).toMatchObject({
      query: 'view=refused',
    });
    expect((await owner.send('DELETE', `/v1/views/${id}`)).status).toBe(204);
    expect(await listed(member)).toEqual([]);
  });

  it('has a name of its own among those of its person and screen, in upper and lower case', async () => {
    await saved(owner, { name: 'Failed' });
    const other = await saved(owner, { name: 'Other' });
    expect((await save(owner, { name: 'FAILED' })).status).toBe(409);
    expect((await owner.send('PATCH', `/v1/views/${other.id}`, { name: 'failed' })).status).toBe(409);
    await saved(owner, { name: 'Failed', screen: 'usage' });
    await saved(owner, { name: 'Failed', shared: true });
    await saved(member, { name: 'Failed' });
    expect(await listed(owner, '?screen=usage')).toEqual(['Failed']);
  });

  it('of the workspace can be saved by a key, and of a person cannot', async () => {
    const view = { screen: 'speed', name: 'By key', query: '' };
    expect((await gateway.post('/v1/views', view)).status).toBe(403);
    await json(gateway.post('/v1/views', { ...view, shared: true }), 201);
    expect(await listed(owner, '?screen=speed')).toEqual(['By key']);
    const asTest = { authorization: `Bearer ${testKey}` };
    expect(await json(gateway.get('/v1/views', asTest))).toMatchObject({ data: [] });
  });

  it('is a query string and nothing else', async () => {
    for (const query of ['?view=failed', 'view=failed#top', 'a b', 'x='.padEnd(2_001, 'x'), 'größe=1', 'a=1\n'])
      expect([query, (await save(owner, { name: 'Odd', query })).status]).toEqual([query, 400]);
    const hostile = '<img src=x onerror=alert(1)> \u202Eevil =cmd';
    await saved(member, { name: hostile, query: 'search=%3Cscript%3E' });
    expect(await listed(member, '?screen=calls')).toContain(hostile);
  });

  it('that filters by a client goes when the client is erased, in the mode of the erasure', async () => {
    const ofClient = { query: 'client_id=gone+%26+co&range=week' };
    await saved(owner, { name: 'Of the client', ...ofClient });
    await saved(viewer, { name: 'Another’s of the client', ...ofClient });
    await saved(owner, { name: 'gone & co', query: '' });
    await saved(owner, { name: 'Stays', query: 'client_id=gone+%26+company&search=Jane+Roe' });
    await json(owner.send('PUT', `/v1/clients/${encodeURIComponent('gone & co')}`, { name: 'Jane Doe GmbH' }));
    const byName = ['Errors of jane doe gmbh', 'By its name', 'By its id'];
    await saved(owner, { name: 'Errors of jane doe gmbh', query: 'search=Jane+Doe', shared: true });
    await saved(owner, { name: 'By its name', query: 'search=the+JANE+DOE+GmbH', shared: true });
    await saved(owner, { name: 'By its id', query: 'search=Gone+%26+Co%3A+errors' });
    const asTest = { 'x-gateway-mode': 'test' };
    await json(
      owner.send('POST', '/v1/views', { screen: 'calls', name: 'Test data', shared: true, ...ofClient }, asTest),
      201,
    );
    const path = `/v1/clients/${encodeURIComponent('gone & co')}/data`;
    expect((await owner.send('DELETE', path)).status).toBe(204);
    const left = await listed(owner);
    expect(left).toContain('Stays');
    for (const gone of ['Of the client', 'gone & co', ...byName]) expect(left).not.toContain(gone);
    expect(await listed(viewer)).not.toContain('Another’s of the client');
    const { data } = await json<{ data: View[] }>(owner.get('/v1/views', asTest));
    expect(data.map(({ name }) => name)).toEqual(['Test data']);
  });

  it('of a person is in no log by its name, and goes with the membership; a shared one stays', async () => {
    const leaver = await invited(gateway, owner, { email: 'lea@agency.example', role: 'member' });
    await saved(leaver, { name: 'Quiet name', query: 'client_id=quiet' });
    await saved(leaver, { name: 'Left to all', shared: true });
    const log = await (await owner.get('/v1/audit?operation=views.create')).text();
    expect(log).toContain('Left to all');
    expect(log).not.toMatch(/quiet/i);
    const { data } = await json<{ data: { id: string; email: string }[] }>(owner.get('/v1/members'));
    const { id } = data.find(({ email }) => email === 'lea@agency.example') ?? { id: '' };
    expect((await owner.send('DELETE', `/v1/members/${id}`)).status).toBe(204);
    expect(await listed(owner)).toContain('Left to all');
    const { rows } = await gateway.database.pool.query(`select 1 from saved_views where name = 'Quiet name'`);
    expect(rows).toEqual([]);
  });

  it('that is renamed while another takes the same name is refused as taken', async () => {
    const [first, second] = [await saved(owner, { name: 'Race 1' }), await saved(owner, { name: 'Race 2' })];
    const { pool } = gateway.database;
    const other = await pool.connect();
    await other.query('begin');
    await other.query(`update saved_views set name = 'Raced' where id = $1`, [first.id]);
    const answer = owner.send('PATCH', `/v1/views/${second.id}`, { name: 'raced' });
    await eventually(async () => {
      const { rows } = await pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%update saved_views%'`,
      );
      expect(rows).toHaveLength(1);
    });
    await other.query('commit');
    other.release();
    expect((await answer).status).toBe(409);
  });

  it('is one of 200 at most', async () => {
    const bulk = await invited(gateway, owner, { email: 'bulk@agency.example', role: 'viewer' });
    const first = await saved(bulk, { name: 'First' });
    await gateway.database.pool.query(
      `insert into saved_views (workspace_id, id, livemode, person_id, screen, name, query, created_at)
       select workspace_id, 'view_bulk' || n, livemode, person_id, screen, 'Bulk ' || n, query, created_at
       from saved_views, generate_series(1, 199) n where id = $1`,
      [first.id],
    );
    expect((await save(bulk, { name: 'One more' })).status).toBe(409);
    expect((await bulk.send('DELETE', `/v1/views/${first.id}`)).status).toBe(204);
    const atOnce = await Promise.all(['A', 'B', 'C', 'D', 'E'].map((name) => save(bulk, { name })));
    expect(atOnce.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });
});
