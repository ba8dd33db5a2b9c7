import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { repeatWorkspaces, sweepWorkspaces } from '../../gateway/src/clients/erase-workspace.ts';
import { deleteCalls } from '../../gateway/src/clients/erase-workspace-store.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let receiver: Receiver;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const operator = bearer(`gw_operator_${randomBytes(24).toString('hex')}`);

interface Workspace {
  id: string;
  live_key: string;
  test_key: string;
}

beforeAll(async () => {
  receiver = await startReceiver();
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    GATEWAY_OPERATOR_KEY: operator.authorization.slice('Bearer '.length),
    ANSWER_TIMEOUT_MS: '20000',
    FIRST_BYTE_TIMEOUT_MS: '20000',
  });
});
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const remove = (id: string, headers = operator): Promise<Response> =>
  gateway.send('DELETE', `/v1/workspaces/${id}`, undefined, headers);
const make = (name: string): Promise<Workspace> => json(gateway.post('/v1/workspaces', { name }, operator), 201);

/** A workspace that has used what there is, its calls summed up in part. */
async function used(name: string): Promise<Workspace> {
  const workspace = await make(name);
  const as = bearer(workspace.live_key);
  const tags = { 'x-client-id': 'acme', 'x-scenario-id': '42', 'x-execution-id': '7' };
  await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Asia/Tokyo' }, as));
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme' }, as));
  await json(gateway.post('/v1/budgets', { name: 'all', limit_usd: 0.0001, on_limit: 'notify' }, as), 201);
  await json(gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.exceeded'] }, as), 201);
  await json(
    gateway.post(
      '/v1/providers',
      { name: 'mine', kind: 'openai', base_url: gateway.fakes.openai.baseUrl, api_key: 'k' },
      as,
    ),
    201,
  );
  await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'acme', calls_per_minute: 1_000 }, as));
  await json(gateway.post('/v1/connections', { platform: 'n8n', base_url: receiver.url, token: 't' }, as), 201);
  for (let i = 0; i < 4; i++) await json(gateway.post(chat, hello(), { ...as, ...tags, 'idempotency-key': `${i}` }));
  await json(gateway.post('/v1/responses', { model: 'gpt-4o', input: 'Hi', store: true }, { ...as, ...tags }));
  await json(gateway.post(`${chat}/background`, { ...hello(), callback_url: receiver.url }, as), 202);
  await json(gateway.post('/v1/scenarios/42/pause', { reason: 'enough' }, as));
  await json(gateway.send('PUT', '/v1/scenarios/42/limits', { max_repeats: null }, as));
  await json(
    gateway.post(
      '/v1/invoices',
      { client_id: 'acme', from: '2020-01-01', to: new Date(Date.now() + 1).toISOString() },
      as,
    ),
    201,
  );
  await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '3 days')::date, 1)`);
  await gateway.database.pool.query(
    `update calls set created_at = created_at - interval '3 days' where id in (select id from calls where workspace_id = $1 order by id limit 2)`,
    [workspace.id],
  );
  await gateway.database.pool.query(`delete from usage_rollup`);
  while (await rollUp(gateway.gateway.services.db, Date.now()));
  return workspace;
}

/** The gateway's tables with a workspace's id in any column. */
/** The operator's own record, which says that it was deleted, is left out. */
async function tablesWith(id: string): Promise<string[]> {
  const { rows } = await gateway.database.pool.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of rows as { name: string }[]) {
    const { rowCount } = await gateway.database.pool.query(
      `select 1 from ${name} t where strpos(t::text, $1) > 0 and t::text not like '(operator,%' limit 1`,
      [id],
    );
    if (rowCount === 1) found.push(name.replace(/^calls_\d+_\d+$/, 'calls'));
  }
  return [...new Set(found)].sort();
}

it('a deleted workspace loses everything in it and its keys at once, and other workspaces stay', async () => {
  const gone = await used('Gone');
  const other = await used('Stays');
  const before = await tablesWith(other.id);
  for (const table of [
    'api_keys',
    'budgets',
    'call_groups',
    'calls',
    'clients',
    'events',
    'invoices',
    'meters',
    'usage_hours',
    'webhooks',
  ])
    expect(before).toContain(table);
  expect((await remove(gone.id)).status).toBe(204);
  for (const key of [gone.live_key, gone.test_key]) await json(gateway.post(chat, hello(), bearer(key)), 401);
  await eventually(async () => expect(await tablesWith(gone.id)).toEqual(['erased_workspaces']), 10_000);
  expect(await tablesWith(other.id)).toEqual(before);
  const { rows } = await gateway.database.pool.query(
    `select operation, actor_type from audit_log where workspace_id = 'operator' and target_id = $1`,
    [gone.id],
  );
  expect(rows).toEqual([{ operation: 'workspaces.remove', actor_type: 'operator' }]);
  await json(gateway.post(chat, hello(), bearer(other.live_key)));
  expect(await verifyLedger(gateway.database.pool, () => {})).toBe(true);
  expect((await remove(gone.id)).status).toBe(204);
}, 60_000);

it('a deleted workspace finishes its running call, and keeps no trace of it', async () => {
  const workspace = await make('Busy');
  gateway.fakes.openai.fault({ kind: 'delay', ms: 1_500 });
  const call = gateway.post(chat, hello(), bearer(workspace.live_key));
  await eventually(async () => expect(await tablesWith(workspace.id)).toContain('calls'));
  expect((await remove(workspace.id)).status).toBe(204);
  expect((await call).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await eventually(async () => {
    await sweepWorkspaces(gateway.gateway.services);
    expect(await tablesWith(workspace.id)).toEqual(['erased_workspaces']);
  }, 10_000);
}, 30_000);

it('calls that another process deletes at the same moment are left to it, and the rest of the workspace waits for them', async () => {
  const workspace = await make('Two at once');
  for (let i = 0; i < 2; i++) await json(gateway.post(chat, hello(), bearer(workspace.live_key)));
  const other = await gateway.database.pool.connect();
  try {
    await other.query('begin');
    await other.query('select 1 from calls where workspace_id = $1 limit 1 for update', [workspace.id]);
    expect(await deleteCalls(gateway.database.pool, workspace.id)).toBe(false);
    await other.query('rollback');
    expect(await deleteCalls(gateway.database.pool, workspace.id)).toBe(true);
  } finally {
    other.release(true);
  }
  expect((await remove(workspace.id)).status).toBe(204);
  expect(await tablesWith(workspace.id)).toEqual(['erased_workspaces']);
}, 30_000);

it('a deleted workspace is deleted again in a database restored from before', async () => {
  const workspace = await make('Restored');
  const { pool } = gateway.database;
  const { rows } = await pool.query('select * from workspaces where id = $1', [workspace.id]);
  expect((await remove(workspace.id)).status).toBe(204);
  await pool.query('delete from erased_workspaces where id = $1', [workspace.id]);
  await pool.query('insert into workspaces select * from json_populate_recordset(null::workspaces, $1::json)', [
    JSON.stringify(rows),
  ]);
  await repeatWorkspaces(gateway.gateway.services);
  expect(await tablesWith(workspace.id)).toEqual(['erased_workspaces']);
});

it('deleting a workspace is for the operator only, and the first workspace stays', async () => {
  const workspace = await make('Mine');
  expect((await remove(workspace.id, bearer(workspace.live_key))).status).toBe(401);
  expect((await remove('ws_never')).status).toBe(404);
  const { workspace: first } = await json<{ workspace: { id: string } }>(gateway.get('/v1/me'));
  expect((await remove(first.id)).status).toBe(409);
  await json(gateway.get('/v1/me'));
});
