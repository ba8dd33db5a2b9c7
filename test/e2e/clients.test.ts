import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const set = (id: string, body: object, headers = {}, status = 200): Promise<Record<string, unknown>> =>
  json(gateway.send('PUT', `/v1/clients/${id}`, body, headers), status);
async function keyOf(body: object): Promise<Record<string, string>> {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', body), 201);
  return { authorization: `Bearer ${key}` };
}

describe('the billing settings of a client', () => {
  it('are kept field by field, and null empties a field', async () => {
    const billed = {
      name: 'Acme',
      markup_percent: 20,
      currency: 'JPY',
      exchange_rate: 151.37,
      billing_email: 'pay@acme.example',
      address: '1 Main St\nDublin',
      tax_id: 'IE1',
      tax_percent: 19,
      tax_note: 'Reverse charge',
      locale: 'ja',
      locked: false,
      notes: 'pays late',
    };
    expect(await set('acme', billed)).toMatchObject({ id: 'acme', ...billed });
    expect(await set('acme', { tax_percent: null, locale: null })).toMatchObject({
      ...billed,
      tax_percent: null,
      locale: null,
    });
    expect(await json(gateway.get('/v1/clients/acme'))).toMatchObject({
      tax_note: 'Reverse charge',
      tax_percent: null,
    });
  });

  it('change as a whole when several requests change them together', async () => {
    await Promise.all([set('many', { name: 'Many' }), set('many', { notes: 'n' }), set('many', { tax_id: 't' })]);
    expect(await json(gateway.get('/v1/clients/many'))).toMatchObject({ name: 'Many', notes: 'n', tax_id: 't' });
  });

  it('have a currency of ISO 4217, with an exchange rate', async () => {
    for (const currency of ['XXZ', 'ABC', 'DEM', 'XAU', 'XXX', 'eur', 'EURO'])
      expect(await set('rates', { currency, exchange_rate: 2 }, {}, 400)).toMatchObject({
        error: { code: 'invalid_request', param: 'currency' },
      });
    const refused = { error: { code: 'invalid_request', param: 'exchange_rate' } };
    for (const currency of ['EUR', 'JPY', 'KWD'])
      expect(await set('rates', { currency }, {}, 400)).toMatchObject(refused);
    // One dollar is one dollar.
    expect(await set('rates', { exchange_rate: 0.9 }, {}, 400)).toMatchObject(refused);
    expect(await set('rates', { currency: 'USD', exchange_rate: 0.9 }, {}, 400)).toMatchObject(refused);
    await set('rates', { currency: 'EUR', exchange_rate: 0.92 });
    expect(await set('rates', { exchange_rate: 0.95 })).toMatchObject({ currency: 'EUR', exchange_rate: 0.95 });
    expect(await set('rates', { currency: 'EUR' })).toMatchObject({ exchange_rate: 0.95 });
    // The euro's rate is not the pound's.
    expect(await set('rates', { currency: 'GBP' }, {}, 400)).toMatchObject(refused);
    expect(await set('rates', { currency: 'USD' })).toMatchObject({ currency: 'USD', exchange_rate: 1 });
  });

  it('are set by the workspace, and a key locked to the client changes its address only', async () => {
    await set('self', { markup_percent: 30, locked: true });
    const own = await keyOf({ name: 'k', role: 'member', tags: { client_id: 'self' }, locked_tags: ['client_id'] });
    for (const body of [{ locked: false }, { markup_percent: 0 }, { tax_percent: 0 }, { rate_limit: null }])
      expect(await set('self', body, own, 403)).toMatchObject({ error: { code: 'tag_forbidden' } });
    expect(await set('self', { address: '2 Side St' }, own)).toMatchObject({ address: '2 Side St' });
    expect(await json(gateway.get('/v1/clients/self'))).toMatchObject({ markup_percent: 30, locked: true });
  });
});

describe('a locked client', () => {
  const refusal = { error: { code: 'budget_exceeded', message: expect.stringContaining('locked') } };
  const as = { 'x-client-id': 'late' };

  it('has its calls refused on every endpoint, streamed or plain, until it is unlocked', async () => {
    await set('late', { locked: true });
    const calls: [string, object][] = [
      [chat, hello()],
      [chat, hello({ stream: true })],
      ['/v1/responses', { model: 'gpt-4o', input: 'Hi' }],
      ['/v1/responses', { model: 'gpt-4o', input: 'Hi', stream: true }],
      ['/v1/messages', { ...hello(), max_tokens: 10 }],
      ['/v1/messages', { ...hello(), max_tokens: 10, stream: true }],
      ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
      [`${chat}/background`, hello({ callback_url: 'https://hooks.example/x' })],
    ];
    for (const [path, body] of calls) {
      const answer = await gateway.post(path, body, as);
      expect(answer.headers.get('x-should-retry'), path).toBe('false');
      const { error } = await json<{ error: { message: string; code: string } }>(answer, 402);
      expect(error, path).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining('locked') });
    }
    // However the call names its client.
    expect(await json(gateway.post(`/t/client=late${chat}`, hello()), 402)).toMatchObject(refusal);
    expect(await json(gateway.post(chat, hello({ metadata: { client_id: 'late' } })), 402)).toMatchObject(refusal);
    const own = await keyOf({ name: 'k', tags: { client_id: 'late' }, locked_tags: ['client_id'] });
    expect(await json(gateway.post(chat, hello(), own), 402)).toMatchObject(refusal);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect(await json(gateway.get('/v1/budgets/check?client_id=late'))).toMatchObject({
      allowed: false,
      reason: 'budget_exceeded',
      message: expect.stringContaining('locked'),
      affordable_tokens: 0,
    });
    // Others, and the same name in test mode, go on.
    await json(gateway.post(chat, hello(), { 'x-client-id': 'punctual' }));
    await json(gateway.post(chat, hello(), { ...as, authorization: `Bearer ${testKey}` }));
    expect(await json(gateway.get('/v1/budgets/check?client_id=punctual'))).toMatchObject({ allowed: true });

    await set('late', { locked: false });
    await json(gateway.post(chat, hello(), as));
    expect(await json(gateway.get('/v1/budgets/check?client_id=late'))).toMatchObject({ allowed: true });
  });

  it('has its queued background calls refused too', async () => {
    const { id } = await json<{ id: string }>(
      gateway.post(`${chat}/background`, hello({ callback_url: 'https://hooks.example/x' }), {
        'x-client-id': 'queued',
      }),
      202,
    );
    await set('queued', { locked: true });
    await eventually(async () =>
      expect(await json(gateway.get(`${chat}/background/${id}`))).toMatchObject({
        status: expect.stringMatching(/completed|failed/),
      }),
    );
    const outcome = await json<{ status: string }>(gateway.get(`${chat}/background/${id}`));
    // A call that had begun before the lock is answered; one that waited is refused.
    if (outcome.status === 'failed') expect(outcome).toMatchObject(refusal);
  });
});

describe('several clients', () => {
  it('are read by their ids in one go with their usage, by a locked key its own alone', async () => {
    for (const id of ['one', 'two', 'three']) await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    await set('two', { name: 'Two Ltd' });
    const clients = await json<{ data: { id: string; name: string }[] }>(
      gateway.get('/v1/clients?id=one&id=two&id=unheard'),
    );
    expect(clients.data.map(({ id, name }) => [id, name])).toEqual([
      ['one', 'one'],
      ['two', 'Two Ltd'],
    ]);
    const usage = await json<{ data: { client_id: string }[]; totals: { requests: number } }>(
      gateway.get('/v1/usage/clients?client_id=one&client_id=two'),
    );
    expect([usage.data.map(({ client_id: id }) => id), usage.totals.requests]).toEqual([['one', 'two'], 2]);
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'k', tags: { client_id: 'one' }, locked_tags: ['client_id'] }),
      201,
    );
    const own = { authorization: `Bearer ${key}` };
    expect((await json<{ data: { id: string }[] }>(gateway.get('/v1/clients?id=one&id=two', own))).data).toMatchObject([
      { id: 'one' },
    ]);
    await json(gateway.get('/v1/usage/clients?client_id=one&client_id=two', own), 403);
    await json(gateway.get(`/v1/clients?${'id=a&'.repeat(101)}`), 400);
  });
});
