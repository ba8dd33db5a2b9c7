import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

interface Row {
  cache: string | null;
  cost_usd: number;
  saved_usd: number | null;
  [field: string]: unknown;
}

const hour = { 'x-gateway-cache': 'ttl=3600' };
let questions = 0;

/** A question that no other test asks. */
function ask(more: object = {}): object {
  return hello({ messages: [{ role: 'user', content: `Question ${++questions}` }], ...more });
}

async function rowOf(answer: Response): Promise<Row> {
  const id = answer.headers.get('x-request-id');
  return eventually(async () => {
    const { data } = await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?id=${id}`));
    expect(data).toHaveLength(1);
    return data[0] as Row;
  });
}

function cacheOf(answer: Response): string | null {
  return answer.headers.get('x-gateway-cache');
}

/** Deletes what is in memory and what waits, so that the next answer comes from the database. */
async function forgetMemory(): Promise<void> {
  await gateway.gateway.services.responseCache.flush();
  gateway.gateway.services.responseCache.forget();
}

describe('an equal call is answered from the cache', () => {
  it('a hit has the body of the first answer, costs nothing and says what it saved', async () => {
    gateway.fakes.openai.reply({ text: 'Invoice', usage: { input: 1000, output: 100 } });
    const body = ask();
    const first = await gateway.post(chat, body, hour);
    expect(cacheOf(first)).toBe('stored');
    expect(first.headers.get('x-gateway-saved-usd')).toBeNull();
    const text = await first.text();
    const second = await gateway.post(chat, body, hour);
    expect(cacheOf(second)).toMatch(/^hit; age=\d+$/);
    expect(await second.text()).toBe(text);
    expect(second.headers.get('x-gateway-cost-usd')).toBe('0');
    // 1,000 tokens at $2.50 and 100 at $10 a million.
    expect(second.headers.get('x-gateway-saved-usd')).toBe('0.0035');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    expect(await rowOf(first)).toMatchObject({ cache: 'stored', cost_usd: 0.0035, saved_usd: null });
    expect(await rowOf(second)).toMatchObject({
      cache: 'hit',
      status: 'succeeded',
      attempts: 0,
      model: 'gpt-4o',
      provider: 'openai',
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      saved_usd: 0.0035,
    });
  });

  it('a hit comes from the database where memory has it no more', async () => {
    const body = ask();
    const first = await gateway.post(chat, body, hour);
    const text = await first.text();
    await forgetMemory();
    const second = await gateway.post(chat, body, hour);
    expect(cacheOf(second)).toMatch(/^hit; age=\d+$/);
    expect(await second.text()).toBe(text);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    const { rows } = await gateway.database.pool.query('select sealed_body from cached_answers');
    expect((rows as { sealed_body: Buffer }[]).every(({ sealed_body }) => !sealed_body.includes('choices'))).toBe(true);
  });

  it('a stream is replayed event for event, and its closing comment has figures of its own', async () => {
    const body = ask({ stream: true });
    const first = await (await gateway.post(chat, body, hour)).text();
    expect(first).toContain('"cache":"stored"');
    const again = await gateway.post(chat, body, hour);
    expect(cacheOf(again)).toMatch(/^hit; age=\d+$/);
    const second = await again.text();
    const events = (text: string): string => text.replace(/^: gateway .*\n\n/m, '');
    expect(events(second)).toBe(events(first));
    expect(second).toMatch(/: gateway \{"cost_usd":0,.*"cache":"hit","saved_usd":0\.\d+\}\n\ndata: \[DONE\]\n\n$/);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('a plain call and a stream are kept apart', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const stream = await gateway.post(chat, { ...body, stream: true }, hour);
    expect(cacheOf(stream)).toBe('miss');
    await stream.text();
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('a call that does not ask for the cache gets none of it', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const second = await gateway.post(chat, body);
    expect(cacheOf(second)).toBeNull();
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('test keys have a cache of their own', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const asTest = { ...hour, authorization: `Bearer ${testKey}` };
    expect(cacheOf(await gateway.post(chat, body, asTest))).toBe('stored');
    expect(cacheOf(await gateway.post(chat, body, asTest))).toMatch(/^hit/);
  });
});
