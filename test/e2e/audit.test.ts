import { afterAll, beforeAll, expect, it } from 'vitest';
import { dropOldAudit } from '../../gateway/src/audit/drop-audit-job.ts';
import { chat, hello, json } from '../support/ask.ts';
import { firstPerson, type Person } from '../support/person.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway({ TRUST_PROXY: '127.0.0.1' });
  ada = await firstPerson(gateway);
});
afterAll(() => gateway.stop());

interface Entry {
  id: string;
  created_at: string;
  operation: string;
  actor: { type: string; id: string; name: string | null };
  target: { type: string; id: string; name: string | null };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  request_id: string | null;
  address: string | null;
}
interface Page {
  data: Entry[];
  next_cursor: string | null;
}

const list = (query = '', headers = {}): Promise<Page> => json(gateway.get(`/v1/audit?limit=100${query}`, headers));
const makeBudget = (name: string): Promise<{ id: string }> =>
  json(gateway.post('/v1/budgets', { name, limit_usd: 50, scope: { client_id: name } }), 201);

it('a change is on record with its actor, its target, both sides, the request and the address it came from', async () => {
  const { id } = await makeBudget('acme');
  const answer = await gateway.send(
    'PATCH',
    `/v1/budgets/${id}`,
    { limit_usd: 70 },
    { 'x-forwarded-for': '203.0.113.9' },
  );
  await json(answer);
  const { data } = await list(`&target_id=${id}`);
  const me = await json<{ key: { id: string; name: string } }>(gateway.get('/v1/me'));
  const actor = { type: 'key', id: me.key.id, name: me.key.name };
  expect(data).toMatchObject([
    {
      operation: 'budgets.update',
      actor,
      target: { type: 'budget', id, name: 'acme' },
      before: { limit_usd: 50 },
      after: { limit_usd: 70 },
      request_id: answer.headers.get('x-request-id'),
      address: '203.0.113.9',
    },
    { operation: 'budgets.create', actor, before: null, after: { name: 'acme', limit_usd: 50 } },
  ]);
  // Of a change only the fields that differ.
  expect(Object.keys(data[0]?.before ?? {})).toEqual(['limit_usd']);
});

it('a refused change, a read and a call to a model leave no row', async () => {
  const before = (await list()).data.length;
  expect((await gateway.send('DELETE', '/v1/budgets/bud_unknown')).status).toBe(404);
  expect((await gateway.post('/v1/budgets', { name: 'x', limit_usd: 0 })).status).toBe(400);
  await json(gateway.get('/v1/budgets'));
  await json(gateway.post(chat, hello()));
  expect((await list()).data.length).toBe(before);
});

it('a request that is repeated under its Idempotency-Key has one row', async () => {
  const body = { name: 'twice', limit_usd: 5 };
  const headers = { 'idempotency-key': 'audit-twice' };
  const [first, second] = [
    await json<{ id: string }>(gateway.post('/v1/budgets', body, headers), 201),
    await json<{ id: string }>(gateway.post('/v1/budgets', body, headers), 201),
  ];
  expect(second.id).toBe(first.id);
  expect((await list(`&target_id=${first.id}`)).data).toHaveLength(1);
});

it('pages, filters and the CSV file show the same rows', async () => {
  for (const name of ['one', 'two', 'three']) await makeBudget(name);
  const filter = '&operation=budgets.create';
  const all = (await list(filter)).data;
  const paged: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await json<Page>(gateway.get(`/v1/audit?limit=2${filter}${cursor}`));
    paged.push(...page.data.map(({ id }) => id));
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(paged).toEqual(all.map(({ id }) => id));
  expect((await list(`${filter}&to=2020-01-01`)).data).toEqual([]);
  expect((await list(`${filter}&from=2020-01-01`)).data).toHaveLength(all.length);
  expect((await list('&actor_id=key_unknown')).data).toEqual([]);
  const csv = await (await gateway.get(`/v1/audit?format=csv${filter}`)).text();
  const [head, ...lines] = csv.trimEnd().split('\r\n');
  expect(head).toMatch(/^id,created_at,operation,actor_type,/);
  expect(lines.map((line) => line.split(',')[0])).toEqual(all.map(({ id }) => id));
});

it('a name that a spreadsheet would take for a formula is made harmless in the CSV file', async () => {
  const { id } = await makeBudget('=cmd|evil');
  const csv = await (await gateway.get(`/v1/audit?format=csv&target_id=${id}`)).text();
  expect(csv).toContain("'=cmd|evil");
});

it('nobody can change, delete or empty the audit log, not even in the database', async () => {
  await makeBudget('kept');
  const { pool } = gateway.database;
  for (const statement of [
    `update audit_log set actor_name = 'somebody else'`,
    'delete from audit_log',
    'truncate audit_log',
    `insert into audit_log select * from audit_log on conflict (workspace_id, created_at, id) do update set address = '::1'`,
  ])
    await expect(pool.query(statement), statement).rejects.toThrow('the audit log cannot be changed');
});

it('a gateway of an older release, which does not know the audit log, deletes it with a workspace', async () => {
  const { pool } = gateway.database;
  await pool.query(
    `insert into audit_log (workspace_id, id, livemode, operation, actor_type, actor_id, target_type, target_id)
     values ('ws_gone', 'aud_gone', true, 'budgets.create', 'system', 'gateway', 'budget', 'bud_gone')`,
  );
  const remove = () => pool.query(`delete from audit_log where workspace_id = 'ws_gone'`);
  await expect(remove()).rejects.toThrow('the audit log cannot be changed');
  await pool.query(`insert into erased_workspaces (id, erased_at) values ('ws_gone', now())`);
  expect((await remove()).rowCount).toBe(1);
});

it('rows are kept for 400 days, and then dropped', async () => {
  const { pool } = gateway.database;
  const aged = (id: string, days: number): Promise<unknown> =>
    pool.query(
      `insert into audit_log (workspace_id, created_at, id, livemode, operation, actor_type, actor_id, target_type, target_id)
       values ('ws_old', now() - make_interval(days => $2), $1, true, 'budgets.create', 'system', 'gateway', 'budget', 'bud_old')`,
      [id, days],
    );
  await aged('aud_older', 401);
  await aged('aud_newer', 399);
  await dropOldAudit({ db: pool, now: Date.now }, new AbortController().signal);
  const { rows } = await pool.query(`select id from audit_log where workspace_id = 'ws_old'`);
  expect(rows).toEqual([{ id: 'aud_newer' }]);
});

it('readers see the audit log; keys that call models, and keys with a lock, do not', async () => {
  const keyOf = async (body: object): Promise<object> => ({
    authorization: `Bearer ${(await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201)).key}`,
  });
  for (const role of ['owner', 'member', 'viewer']) await list('', await keyOf({ role }));
  expect((await gateway.get('/v1/audit', { ...(await keyOf({ role: 'caller' })) })).status).toBe(403);
  const locked = await keyOf({ role: 'owner', tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
  expect((await gateway.get('/v1/audit', { ...locked })).status).toBe(403);
  expect((await gateway.get('/v1/audit?format=csv', { ...locked })).status).toBe(403);
});

it('test keys see the changes of test mode, and live keys those of live mode', async () => {
  const test = { authorization: `Bearer ${testKey}` };
  const { id } = await json<{ id: string }>(gateway.post('/v1/budgets', { name: 'tried', limit_usd: 1 }, test), 201);
  expect((await list(`&target_id=${id}`, test)).data).toHaveLength(1);
  expect((await list(`&target_id=${id}`)).data).toEqual([]);
});

it('no key is ever on record', async () => {
  await json(gateway.post('/v1/keys', { name: 'quiet' }), 201);
  const { rows } = await gateway.database.pool.query('select a::text as text from audit_log a');
  const text = (rows as { text: string }[]).map((row) => row.text).join('\n');
  expect(text).not.toMatch(/gw_(live|test)_/);
  expect(text).not.toContain(liveKey);
});

it('people are on record by their id: their sign-in, their changes and their sign-out', async () => {
  const { id } = await json<{ id: string }>(ada.send('POST', '/v1/budgets', { name: 'by ada', limit_usd: 3 }), 201);
  const { person } = await json<{ person: { id: string; name: string } }>(ada.get('/v1/session'));
  const actor = { type: 'person', id: person.id, name: person.name };
  expect((await list(`&target_id=${id}`)).data).toMatchObject([{ operation: 'budgets.create', actor }]);
  const signedIn = (await list(`&actor_id=${person.id}&operation=auth.sign-in`)).data;
  expect(signedIn).toMatchObject([
    { actor, target: { type: 'person', id: person.id }, after: { method: 'link' }, address: '127.0.0.1' },
  ]);
  const { rows } = await gateway.database.pool.query('select a::text as text from audit_log a');
  const text = (rows as { text: string }[]).map((row) => row.text).join('\n');
  expect(text).not.toContain('ada@agency.example');
  await json(ada.send('POST', '/auth/sign-out'), 204);
  expect((await list(`&actor_id=${person.id}`)).data[0]).toMatchObject({ operation: 'auth.sign-out', actor });
});

it('a person who is erased is an id in the audit log, without a name', async () => {
  const { pool } = gateway.database;
  await pool.query(`delete from sign_in_links`);
  const { rows } = await pool.query(`select id, name from people where email = 'ada@agency.example'`);
  const [{ id, name }] = rows as [{ id: string; name: string }];
  expect((await list(`&actor_id=${id}`)).data[0]?.actor.name).toBe(name);
  await pool.query('delete from people where id = $1', [id]);
  const { data } = await list(`&actor_id=${id}`);
  expect(data.length).toBeGreaterThan(0);
  expect(new Set(data.map(({ actor }) => actor.name))).toEqual(new Set([null]));
});
