import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashKey } from '../../gateway/src/accounts/api-key.ts';
import { keysWithTwins } from '../../gateway/src/accounts/key-store.ts';
import { json } from '../support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const asLive = (key: string): string => key.replace('gw_test_', 'gw_live_');
const asTest = (key: string): string => key.replace('gw_live_', 'gw_test_');

describe('live and test keys', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey });
  });
  afterAll(() => gateway.stop());
  const status = async (key: string): Promise<number> => (await gateway.get('/v1/me', bearer(key))).status;

  // A test key is pasted into scenarios and tickets; with another prefix it was the owner's live key.
  it('work as they are given, and not with the other’s prefix', async () => {
    expect([await status(liveKey), await status(testKey)]).toEqual([200, 200]);
    expect([await status(asTest(liveKey)), await status(asLive(testKey))]).toEqual([401, 401]);
    expect(gateway.gateway.firstKeys).toBeUndefined();
  });

  it('are independent in every further workspace', async () => {
    const made = await json<{ live_key: string; test_key: string }>(
      gateway.post('/v1/workspaces', { name: 'Another' }, bearer(operatorKey)),
      201,
    );
    expect([await status(made.live_key), await status(made.test_key)]).toEqual([200, 200]);
    expect([await status(asTest(made.live_key)), await status(asLive(made.test_key))]).toEqual([401, 401]);
  });

  it.each(['live', 'test'])('made in %s mode have no twin', async (mode) => {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', mode }), 201);
    expect(await status(key)).toBe(200);
    expect(await status(mode === 'live' ? asTest(key) : asLive(key))).toBe(401);
  });

  // CVE-2025-61928: a request that named another person in its body got a key of that person, signed in or not.
  it('are created by owners only, and for nobody but their own workspace', async () => {
    const made = await json<{ id: string }>(
      gateway.post('/v1/workspaces', { name: 'Elsewhere' }, bearer(operatorKey)),
      201,
    );
    const before = (await json<{ data: object[] }>(gateway.get('/v1/keys'))).data.length;
    const others = [{ workspace_id: made.id }, { person_id: 'per_1' }, { user_id: 'per_1' }, { userId: 'per_1' }];
    for (const other of [{}, ...others]) {
      const body = JSON.stringify({ name: 'Mine', role: 'caller', ...other });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${gateway.url}/v1/keys`, { method: 'POST', headers, body });
      expect([body, answer.status]).toEqual([body, 401]);
    }
    for (const other of others) {
      const refused = await json<{ error: { param: string } }>(gateway.post('/v1/keys', { name: 'k', ...other }), 400);
      expect(refused.error.param).toBe(Object.keys(other)[0]);
    }
    for (const role of ['member', 'viewer', 'caller']) {
      const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: role, role }), 201);
      expect([role, (await gateway.post('/v1/keys', { name: 'k' }, bearer(key))).status]).toEqual([role, 403]);
    }
    expect((await json<{ data: object[] }>(gateway.get('/v1/keys'))).data).toHaveLength(before + 3);
  });
});

describe('the keys of a first start', () => {
  let gateway: TestGateway | undefined;
  afterEach(() => gateway?.stop());

  it('are generated where none is given', async () => {
    gateway = await startTestGateway({ GATEWAY_BOOTSTRAP_KEY: '', GATEWAY_BOOTSTRAP_TEST_KEY: '' });
    const { liveKey: live = '', testKey: test = '' } = gateway.gateway.firstKeys ?? {};
    expect((await gateway.get('/v1/me', bearer(live))).status).toBe(200);
    expect((await gateway.get('/v1/me', bearer(test))).status).toBe(200);
    expect(asTest(live)).not.toBe(test);
  });

  it('show only the generated test key beside a given live key', async () => {
    gateway = await startTestGateway({ GATEWAY_BOOTSTRAP_TEST_KEY: '' });
    const { firstKeys } = gateway.gateway;
    expect(firstKeys?.liveKey).toBeUndefined();
    expect((await gateway.get('/v1/me', bearer(firstKeys?.testKey ?? ''))).status).toBe(200);
    expect((await gateway.get('/v1/me', bearer(asTest(liveKey)))).status).toBe(401);
  });
});

describe('a database of an older version', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('loses the test keys made from live keys, keeps every other key, and names the live keys concerned', async () => {
    const rest = randomBytes(24).toString('hex');
    await database.pool.query(`insert into workspaces (id, name) values ('ws', 'Old')`);
    const insert = (id: string, key: string, name: string, at: string): Promise<unknown> =>
      database.pool.query(
        `insert into api_keys (workspace_id, id, hash, hint, name, role, livemode, created_at) values ('ws', $1, $2, $3, $4, 'owner', $5, $6)`,
        [id, hashKey(key), key.slice(-4), name, key.startsWith('gw_live_'), at],
      );
    await insert('live', `gw_live_${rest}`, 'Owner', '2026-01-01');
    await insert('twin', `gw_test_${rest}`, 'Owner (test)', '2026-01-01');
    await insert('apart', `gw_test_${randomBytes(24).toString('hex')}zz`, 'Owner (test)', '2026-01-01');
    await database.pool.query(
      readFileSync(new URL('../../gateway/sql/000015_test_keys_of_their_own.sql', import.meta.url), 'utf8'),
    );
    const { rows } = await database.pool.query('select id from api_keys where revoked_at is null order by id');
    expect(rows).toEqual([{ id: 'apart' }, { id: 'live' }]);
    expect(await keysWithTwins(database.pool)).toEqual([{ id: 'live', workspaceId: 'ws' }]);
  });
});
