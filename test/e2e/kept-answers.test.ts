import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, json } from '../support/ask.ts';
import { ask, type CachedRow, cacheOf, forgetMemory, hour } from '../support/cached-calls.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

describe('the directives', () => {
  it('the body of a call turns the cache on, and the field goes to no provider', async () => {
    const body = ask({ response_cache: { ttl_seconds: 60 } });
    const first = await gateway.post(chat, body);
    expect(cacheOf(first)).toBe('stored');
    expect(first.headers.get('x-gateway-dropped-params')).toBeNull();
    expect(gateway.fakes.openai.requests[0]?.json).not.toHaveProperty('response_cache');
    expect(cacheOf(await gateway.post(chat, body))).toMatch(/^hit/);
    const claude = await gateway.post(chat, { ...body, model: 'claude-sonnet-4-6' });
    expect([cacheOf(claude), claude.headers.get('x-gateway-dropped-params')]).toEqual(['stored', null]);
  });

  it('`only` is answered from the cache or with 404, and never by a model', async () => {
    const body = ask();
    const none = await gateway.post(chat, body, { 'x-gateway-cache': 'only' });
    expect([none.status, cacheOf(none)]).toEqual([404, 'miss']);
    await json(gateway.post(chat, body, hour));
    expect(cacheOf(await gateway.post(chat, body, { 'x-gateway-cache': 'only' }))).toMatch(/^hit/);
    const never = await gateway.post(chat, ask({ n: 2 }), { 'x-gateway-cache': 'only' });
    expect([never.status, cacheOf(never)]).toEqual([404, 'bypass; reason=n']);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('`refresh` asks the model again and keeps its new answer, and `no-store` keeps nothing', async () => {
    const body = ask();
    gateway.fakes.openai.reply({ text: 'old' }, { text: 'new' });
    await json(gateway.post(chat, body, hour));
    expect(cacheOf(await gateway.post(chat, body, { 'x-gateway-cache': 'ttl=60, refresh' }))).toBe('stored');
    expect(await (await gateway.post(chat, body, hour)).text()).toContain('new');
    const other = ask();
    expect(cacheOf(await gateway.post(chat, other, { 'x-gateway-cache': 'ttl=60, no-store' }))).toBe('miss');
    expect(cacheOf(await gateway.post(chat, other, { 'x-gateway-cache': 'only' }))).toBe('miss');
  });

  it.each([
    ['several choices', { n: 2 }, 'n'],
    ['an answer that the vendor stores', { store: true }, 'store'],
    [
      'a picture by its address',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }],
      },
      'url',
    ],
  ])('%s is not for the cache', async (_what, more, reason) => {
    const answer = await gateway.post(chat, ask(more), hour);
    expect(cacheOf(answer)).toBe(`bypass; reason=${reason}`);
  });

  it('a call that searches the web is not for the cache', async () => {
    const search = { model: 'gpt-4o', input: 'News?', tools: [{ type: 'web_search' }] };
    expect(cacheOf(await gateway.post('/v1/responses', search, hour))).toBe('bypass; reason=native');
  });

  it('an answer in each dialect is kept, plain and streamed', async () => {
    const say = { model: 'gpt-4o', input: 'Hello there' };
    const claude = { model: 'claude-sonnet-4-6', max_tokens: 30, messages: [{ role: 'user', content: 'Hello there' }] };
    for (const [path, body] of [
      ['/v1/responses', say],
      ['/v1/responses', { ...say, model: 'claude-sonnet-4-6' }],
      ['/v1/messages', claude],
      ['/v1/messages', { ...claude, model: 'gpt-4o' }],
    ] as const)
      for (const stream of [false, true]) {
        const first = await (await gateway.post(path, { ...body, stream }, hour)).text();
        const again = await gateway.post(path, { ...body, stream }, hour);
        expect([path, stream, cacheOf(again)?.slice(0, 3)]).toEqual([path, stream, 'hit']);
        const events = (text: string): string => text.replace(/^: gateway .*\n\n/m, '');
        expect(events(await again.text())).toBe(events(first));
      }
  });

  it('an own key is one answer for different questions', async () => {
    const mine = { 'x-gateway-cache': 'ttl=60, key=faq-7' };
    expect(cacheOf(await gateway.post(chat, ask(), mine))).toBe('stored');
    expect(cacheOf(await gateway.post(chat, ask(), mine))).toMatch(/^hit/);
  });

  it('a background completion is answered from the cache too', async () => {
    const body = ask();
    await json(gateway.post(chat, body, hour));
    const { id } = await json<{ id: string }>(
      gateway.post(`${chat}/background`, { ...body, callback_url: 'http://127.0.0.1:9/' }, hour),
      202,
    );
    await eventually(async () => {
      const { data } = await json<{ data: CachedRow[] }>(gateway.get('/v1/usage/requests?limit=5'));
      expect(data.filter(({ cache }) => cache === 'hit')).not.toHaveLength(0);
    });
    expect(id).toMatch(/^bg_/);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });
});

describe('answers that are not kept', () => {
  const isKept = async (body: object, headers: Record<string, string> = {}): Promise<boolean> => {
    await (await gateway.post(chat, body, { ...hour, ...headers })).text();
    return (await gateway.post(chat, body, { 'x-gateway-cache': 'only' })).status === 200;
  };

  it.each([
    ['is cut at its ceiling', { tokens: 50 }, { max_tokens: 3 }],
    ['is cut by a filter', { text: 'a', finish: 'content-filter' as const }, {}],
    ['declines', { refusal: 'I cannot help with that.' }, {}],
    ['reports no usage', { text: 'a', usage: 'none' as const }, {}],
    ['is over 256 KiB', { text: 'x'.repeat(262_144) }, {}],
  ])('one that %s', async (_what, script, more) => {
    for (const stream of [false, true]) {
      gateway.fakes.openai.usually(script);
      expect(await isKept(ask({ ...more, stream }))).toBe(false);
    }
  });

  it('one of a fallback, which would be taken for the first model’s', async () => {
    const body = ask({ fallback_models: ['gpt-4o-mini'] });
    gateway.fakes.openai.fault({ kind: 'status', status: 503 });
    expect(await isKept(body)).toBe(false);
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('a stream that is cut', async () => {
    gateway.fakes.openai.fault({ kind: 'cut', afterEvents: 3 });
    expect(await isKept(ask({ stream: true }))).toBe(false);
  });

  it('a tool call is kept like any other answer', async () => {
    gateway.fakes.openai.reply({ toolCalls: [{ name: 'find', arguments: {} }], finish: 'tool-calls' });
    const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object', properties: {} } } }];
    expect(await isKept(ask({ tools }))).toBe(true);
  });
});

describe('answers are deleted', () => {
  it('by client, project or model, and all at once without a filter', async () => {
    const body = ask();
    const as = (client: string): Promise<Response> => gateway.post(chat, body, { ...hour, 'x-client-id': client });
    for (const client of ['del-a', 'del-b']) await json(as(client));
    await gateway.gateway.services.responseCache.flush();
    expect((await gateway.send('DELETE', '/v1/cache?client_id=del-a')).status).toBe(204);
    expect([cacheOf(await as('del-a')), cacheOf(await as('del-b'))?.slice(0, 3)]).toEqual(['stored', 'hit']);
    expect((await gateway.send('DELETE', '/v1/cache?model=gpt-4o')).status).toBe(204);
    expect(cacheOf(await as('del-b'))).toBe('stored');
    expect((await gateway.send('DELETE', '/v1/cache')).status).toBe(204);
    const { rows } = await gateway.database.pool.query('select count(*)::int as n from cached_answers where livemode');
    expect(rows).toEqual([{ n: 0 }]);
    expect([cacheOf(await as('del-a')), cacheOf(await as('del-b'))]).toEqual(['stored', 'stored']);
  });

  it('an answer of before a deletion is not written after it', async () => {
    const body = ask();
    await json(gateway.post(chat, body, hour));
    await gateway.send('DELETE', '/v1/cache');
    await gateway.gateway.services.responseCache.flush();
    expect(cacheOf(await gateway.post(chat, body, { 'x-gateway-cache': 'only' }))).toBe('miss');
  });

  it('an answer from the future is none: the clock was set back, and nobody knows its age', async () => {
    const body = ask();
    await json(gateway.post(chat, body, hour));
    await forgetMemory(gateway);
    await gateway.database.pool.query(`update cached_answers set created_at = created_at + interval '1 hour'`);
    expect(cacheOf(await gateway.post(chat, body, hour))).toBe('stored');
  });

  it('an answer that is older than a call accepts is none for that call', async () => {
    const body = ask();
    await json(gateway.post(chat, body, hour));
    await forgetMemory(gateway);
    await gateway.database.pool.query(`update cached_answers set created_at = created_at - interval '10 minutes'`);
    expect(cacheOf(await gateway.post(chat, body, { 'x-gateway-cache': 'ttl=60' }))).toBe('stored');
    await forgetMemory(gateway);
    await gateway.database.pool.query(`update cached_answers set created_at = created_at - interval '10 minutes'`);
    expect(cacheOf(await gateway.post(chat, body, hour))).toMatch(/^hit; age=60\d$/);
  });

  it('the statistics count answers, room and hits', async () => {
    const before = await json<{ entries: number; last_30_days: { cache_hits: number } }>(
      gateway.get('/v1/cache/stats'),
    );
    const body = ask();
    for (let i = 0; i < 3; i++) await json(gateway.post(chat, body, hour));
    await gateway.gateway.services.responseCache.flush();
    const after = await json<typeof before>(gateway.get('/v1/cache/stats'));
    expect(after.entries).toBe(before.entries + 1);
    expect(after.last_30_days.cache_hits).toBe(before.last_30_days.cache_hits + 2);
  });
});
