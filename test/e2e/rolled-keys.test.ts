import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

interface Key {
  id: string;
  key: string;
  name: string;
  hint: string;
  role: string;
  tags: object;
  locked_tags: string[];
  rate_limit: object | null;
  expires_at: string | null;
  last_used_at: string | null;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const statusOf = async (key: string): Promise<number> => (await gateway.get('/v1/me', bearer(key))).status;
const newKey = (more: object = {}, as: Record<string, string> = {}) =>
  json<Key>(gateway.post('/v1/keys', { name: 'k', ...more }, as), 201);
const roll = (id: string, body: object = {}, as: Record<string, string> = {}) =>
  gateway.post(`/v1/keys/${id}/roll`, body, as);

describe('a rolled key', () => {
  it('has a new secret, keeps its id and settings, and its old secret ends at once', async () => {
    const key = await newKey({ role: 'caller', tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
    expect(await statusOf(key.key)).toBe(200);
    const rolled = await json<Key>(roll(key.id));
    expect(rolled.key).not.toBe(key.key);
    expect(rolled).toMatchObject({
      id: key.id,
      name: 'k',
      role: 'caller',
      tags: { client_id: 'acme' },
      locked_tags: ['client_id'],
      hint: rolled.key.slice(-4),
    });
    expect(await statusOf(key.key)).toBe(401);
    expect(await statusOf(rolled.key)).toBe(200);
  });

  it('lets its old secret live on for the hours asked for, and for no longer', async () => {
    const key = await newKey();
    const rolled = await json<Key>(roll(key.id, { old_key_hours: 1 }));
    expect([await statusOf(key.key), await statusOf(rolled.key)]).toEqual([200, 200]);
    await gateway.database.pool.query(`update rolled_keys set lives_until = now() where key_id = $1`, [key.id]);
    await gateway.database.pool.query(`select pg_notify('keys', $1)`, [key.id]);
    await expect.poll(() => statusOf(key.key)).toBe(401);
    expect(await statusOf(rolled.key)).toBe(200);
  });

  it('that is rolled again ends every secret but the last two', async () => {
    const key = await newKey();
    const second = await json<Key>(roll(key.id, { old_key_hours: 72 }));
    const third = await json<Key>(roll(key.id, { old_key_hours: 72 }));
    expect([await statusOf(key.key), await statusOf(second.key), await statusOf(third.key)]).toEqual([401, 200, 200]);
  });

  it('ends with both of its secrets when it is revoked', async () => {
    const key = await newKey();
    const rolled = await json<Key>(roll(key.id, { old_key_hours: 72 }));
    expect((await gateway.send('DELETE', `/v1/keys/${key.id}`)).status).toBe(204);
    expect([await statusOf(key.key), await statusOf(rolled.key)]).toEqual([401, 401]);
  });

  it('keeps the budget and the usage of its id', async () => {
    const key = await newKey();
    await json(gateway.post('/v1/budgets', { name: 'of key', limit_usd: 0.000001, scope: { key_id: key.id } }), 201);
    const rolled = await json<Key>(roll(key.id));
    expect((await gateway.post(chat, hello(), bearer(rolled.key))).status).toBe(402);
  });

  it('is refused on a bad number of hours, an unknown id, and a key that is revoked', async () => {
    const key = await newKey();
    for (const hours of [-1, 73, 'many']) expect((await roll(key.id, { old_key_hours: hours })).status).toBe(400);
    expect((await roll('key_unknown')).status).toBe(404);
    await gateway.send('DELETE', `/v1/keys/${key.id}`);
    expect((await roll(key.id)).status).toBe(404);
  });

  it('is not rolled by a test key, nor by a key that would come out stronger', async () => {
    const key = await newKey();
    expect((await roll(key.id, {}, bearer(testKey))).status).toBe(404);
    const brief = await newKey({ role: 'owner', expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await roll(key.id, {}, bearer(brief.key))).status).toBe(403);
    const slow = await newKey({ role: 'owner', rate_limit: { calls_per_minute: 5 } });
    const fast = await newKey({ role: 'owner', rate_limit: { calls_per_minute: 500 } });
    expect((await roll(fast.id, {}, bearer(slow.key))).status).toBe(403);
    expect((await roll(key.id, {}, bearer(slow.key))).status).toBe(403);
  });
});

describe('a bootstrap key that was rolled', () => {
  it('is not made a key again by the next start', async () => {
    const secret = `gw_live_${randomBytes(24).toString('hex')}`;
    const first = await startTestGateway({ GATEWAY_BOOTSTRAP_KEY: secret });
    try {
      const { key } = await json<{ key: { id: string } }>(first.get('/v1/me', bearer(secret)));
      await json(first.post(`/v1/keys/${key.id}/roll`, {}, bearer(secret)));
      const { bootstrap } = await import('../../gateway/src/accounts/bootstrap.ts');
      const again = await bootstrap(first.database.pool as never, {
        bootstrapKey: secret,
        bootstrapTestKey: undefined,
        nowMs: Date.now(),
      });
      expect(again).toEqual({ firstKeys: undefined, isFirst: false });
      expect((await first.get('/v1/me', bearer(secret))).status).toBe(401);
    } finally {
      await first.stop();
    }
  });
});

describe('a changed key', () => {
  const change = (id: string, body: object, as: Record<string, string> = {}) =>
    gateway.send('PATCH', `/v1/keys/${id}`, body, as);

  it('has another name and another end, and works on', async () => {
    const key = await newKey();
    const end = new Date(Date.now() + 3_600_000).toISOString();
    expect(await json<Key>(change(key.id, { name: 'renamed', expires_at: end }))).toMatchObject({
      name: 'renamed',
      expires_at: end,
    });
    expect(await statusOf(key.key)).toBe(200);
    expect((await json<Key>(change(key.id, { expires_at: null }))).expires_at).toBeNull();
  });

  it('that has expired is refused at once', async () => {
    const key = await newKey();
    expect(await statusOf(key.key)).toBe(200);
    await json(change(key.id, { expires_at: new Date(Date.now() - 1_000).toISOString() }));
    expect(await statusOf(key.key)).toBe(401);
  });

  it('does not outlive the key that changes it', async () => {
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const brief = await newKey({ role: 'owner', expires_at: end });
    const key = await newKey({}, bearer(brief.key));
    expect(
      (await change(key.id, { expires_at: new Date(Date.now() + 7_200_000).toISOString() }, bearer(brief.key))).status,
    ).toBe(403);
    expect((await json<Key>(change(key.id, { expires_at: null }, bearer(brief.key)))).expires_at).toBe(end);
  });
});

describe('the list of keys', () => {
  it('says when a key was last used', async () => {
    const key = await newKey();
    const listed = async () =>
      (await json<{ data: Key[] }>(gateway.get('/v1/keys'))).data.find(({ id }) => id === key.id)?.last_used_at;
    expect(await listed()).toBeNull();
    await statusOf(key.key);
    await gateway.gateway.services.noteKeyUses();
    expect(Date.now() - Date.parse((await listed()) ?? '')).toBeLessThan(60_000);
  });
});
