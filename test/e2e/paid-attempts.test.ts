import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import type { Fault } from '../support/fakes/script.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

// Accounts that fail rest, so every story gets a gateway of its own.
beforeEach(async () => {
  gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '1000', ANSWER_TIMEOUT_MS: '1500' });
});
afterEach(async () => {
  expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
  await gateway.stop();
});

interface Row {
  status: string;
  attempts: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost_usd: number;
  estimated: boolean;
}

/** The one call of a client, once it is over. */
async function rowOf(client: string): Promise<Row> {
  const read = async (): Promise<Row | undefined> =>
    (await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?client_id=${client}`))).data[0];
  await expect.poll(async () => (await read())?.status ?? 'open', { timeout: 10_000 }).not.toBe('open');
  const row = await read();
  if (row === undefined) throw new Error('no call of this client');
  return row;
}

/** Asks, and leaves as soon as the provider has the request and `until` is over. */
async function askAndLeave(path: string, body: object, client: string, until: () => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const call = fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': client },
    body: JSON.stringify(body),
    signal: stop.signal,
  }).then(async (response) => response.text());
  call.catch(() => {});
  await until();
  stop.abort();
  await expect(call).rejects.toThrow();
}

const asked = (provider: 'openai' | 'anthropic' | 'gemini') => () =>
  expect.poll(() => gateway.fakes[provider].requests.length).toBe(1);

/** 1,000 tokens of answer at $10 a million. */
const ceilingUsd = 0.01;

describe('an attempt whose request went out is paid for, up to its ceiling', () => {
  const faults: [string, Fault][] = [
    ['silence', { kind: 'hang' }],
    ['a cut before the head', { kind: 'reset' }],
    ['an HTML page', { kind: 'body', body: '<html>Bad gateway</html>', contentType: 'text/html' }],
    ['half a JSON', { kind: 'body', body: '{"id":"chatcmpl-1","choi' }],
    ['an error under a 200', { kind: 'body', body: '{"error":{"message":"overloaded"}}' }],
  ];
  it.each(faults)('the attempt is paid after %s, plain', async (name, fault) => {
    gateway.fakes.openai.fault(fault);
    const client = `plain-${faults.findIndex(([other]) => other === name)}`;
    const response = await gateway.post(chat, hello({ max_tokens: 1000 }), {
      'x-client-id': client,
      'x-gateway-fallback': 'none',
    });
    expect(response.status).toBeGreaterThanOrEqual(502);
    expect(await rowOf(client)).toMatchObject({ status: 'failed', estimated: true, output_tokens: 1000 });
    expect((await rowOf(client)).cost_usd).toBeGreaterThanOrEqual(ceilingUsd);
  });

  it.each([...faults, ['an error as its first event', { kind: 'error-event', afterEvents: 0 }] as [string, Fault]])(
    'after %s, streamed',
    async (name, fault) => {
      gateway.fakes.openai.fault(fault);
      const client = `streamed-${name.replaceAll(' ', '-')}`;
      await (
        await gateway.post(chat, hello({ max_tokens: 1000, stream: true }), {
          'x-client-id': client,
          'x-gateway-fallback': 'none',
        })
      ).text();
      expect(await rowOf(client)).toMatchObject({ status: 'failed', estimated: true, output_tokens: 1000 });
    },
  );

  it('a body cut in its middle is paid for', async () => {
    gateway.fakes.openai.fault({ kind: 'cut-body' });
    await gateway.post(chat, hello({ max_tokens: 1000 }), { 'x-client-id': 'halved', 'x-gateway-fallback': 'none' });
    expect(await rowOf('halved')).toMatchObject({ status: 'failed', estimated: true, output_tokens: 1000 });
  });

  it('usage beside an error is taken as reported', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
    gateway.fakes.openai.fault({ kind: 'body', body: JSON.stringify({ error: { message: 'no' }, usage }) });
    await gateway.post(chat, hello({ max_tokens: 1000 }), { 'x-client-id': 'told', 'x-gateway-fallback': 'none' });
    expect(await rowOf('told')).toMatchObject({
      estimated: false,
      input_tokens: 100,
      output_tokens: 20,
      cost_usd: 0.00045,
    });
  });

  it.each([400, 401, 429, 500, 503, 307])('a refusal by status %i costs nothing', async (status) => {
    gateway.fakes.openai.fault({ kind: 'status', status });
    await gateway.post(chat, hello(), { 'x-client-id': `refused-${status}`, 'x-gateway-fallback': 'none' });
    expect(await rowOf(`refused-${status}`)).toMatchObject({ status: 'failed', cost_usd: 0, estimated: false });
  });

  it('a refused connection costs nothing', async () => {
    await gateway.fakes.gemini.stop();
    await gateway.post(chat, hello({ model: 'gemini-3.5-flash-lite' }), {
      'x-client-id': 'unreached',
      'x-gateway-fallback': 'none',
    });
    await gateway.fakes.gemini.start();
    expect(await rowOf('unreached')).toMatchObject({ status: 'failed', cost_usd: 0 });
  });

  it.each(faults)('embeddings are paid after %s', async (name, fault) => {
    gateway.fakes.openai.fault(fault);
    const client = `embedded-${faults.findIndex(([other]) => other === name)}`;
    await gateway.post(
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: [[1, 2, 3], 'Hello there, everybody'].slice(0, 1) },
      { 'x-client-id': client },
    );
    expect(await rowOf(client)).toMatchObject({ status: 'failed', estimated: true, input_tokens: 3 });
  });

  it('a failover costs what each of its providers bills, on one row', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    gateway.fakes.anthropic.reply({ text: 'fine', usage: { input: 10, output: 20 } });
    const response = await gateway.post(chat, hello({ max_tokens: 1000 }), {
      'x-client-id': 'both',
      'x-gateway-fallback': 'claude-sonnet-4-6',
    });
    expect(response.headers.get('x-gateway-attempts')).toBe('2');
    const row = await rowOf('both');
    expect(row).toMatchObject({ status: 'succeeded', attempts: 2, estimated: true, output_tokens: 1020 });
    // A token of input and 1,000 of answer at GPT-4o's price, 10 and 20 at Claude's.
    expect(row.cost_usd).toBeCloseTo(0.0000025 + ceilingUsd + 0.00003 + 0.0003, 9);
    expect(Number(response.headers.get('x-gateway-cost-usd'))).toBeCloseTo(row.cost_usd, 9);
  });
});

it('the saving and the cost of a call add up to the price of the model it asked for, though an attempt failed and was paid', async () => {
  await json(
    gateway.post('/v1/routing/rules', {
      name: 'Small',
      when: { field: 'model', eq: 'gpt-4o' },
      then: { model: 'gpt-4o-mini', fallback_models: ['claude-haiku-4-5'] },
    }),
    201,
  );
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  gateway.fakes.openai.fault({ kind: 'body', body: JSON.stringify({ error: { message: 'no' }, usage }) });
  gateway.fakes.anthropic.reply({ text: 'fine', usage: { input: 100, output: 10 } });
  const { headers } = await gateway.post(chat, hello({ max_tokens: 1000 }));
  expect(headers.get('x-gateway-attempts')).toBe('2');
  // 100 tokens at $2.50 and 10 at $10 a million.
  const [saved, cost] = ['x-gateway-saved-usd', 'x-gateway-cost-usd'].map((name) => Number(headers.get(name)));
  expect((saved ?? 0) + (cost ?? 0)).toBeCloseTo(0.00035, 9);
});

describe('the next candidate is held before it is asked', () => {
  const budgetOf = (client: string, limit_usd: number): Promise<{ id: string }> =>
    json(gateway.post('/v1/budgets', { name: client, scope: { client_id: client }, limit_usd }), 201);
  const spentOf = async (id: string): Promise<number> =>
    (await json<{ spent_usd: number }>(gateway.get(`/v1/budgets/${id}`))).spent_usd;

  it('the next candidate is not asked where the first attempt has used the money up', async () => {
    const { id } = await budgetOf('poor', 0.0101);
    gateway.fakes.openai.fault({ kind: 'hang' });
    const response = await gateway.post(chat, hello({ max_tokens: 1000 }), {
      'x-client-id': 'poor',
      'x-gateway-fallback': 'claude-haiku-4-5',
    });
    expect(response.status).toBe(503);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
    expect(await spentOf(id)).toBeLessThanOrEqual(0.0101);
  });

  it('both attempts are on record, so that a dead process’s call is settled with both', async () => {
    const { id } = await budgetOf('mortal', 1);
    gateway.fakes.openai.fault({ kind: 'hang' });
    gateway.fakes.anthropic.fault({ kind: 'delay', ms: 800 });
    const call = gateway.post(chat, hello({ max_tokens: 1000 }), {
      'x-client-id': 'mortal',
      'x-gateway-fallback': 'claude-haiku-4-5',
    });
    await expect.poll(() => gateway.fakes.anthropic.requests.length, { timeout: 5_000 }).toBe(1);
    const { held_usd: held } = await json<{ held_usd: number }>(gateway.get(`/v1/budgets/${id}`));
    expect(held).toBeGreaterThan(ceilingUsd + 0.005);
    const onRecord = async (): Promise<number> => {
      const { rows } = await gateway.database.pool.query<{ hold_nanos: string }>(
        `select hold_nanos from calls where client_id = 'mortal' and status = 'open'`,
      );
      return Number(rows[0]?.hold_nanos ?? 0) / 1e9;
    };
    await expect.poll(onRecord, { timeout: 700, interval: 20 }).toBe(held);
    expect((await call).status).toBe(200);
    expect((await rowOf('mortal')).status).toBe('succeeded');
  });

  it('the next answer is shortened to the remaining money', async () => {
    const { id } = await budgetOf('scant', 0.0125);
    gateway.fakes.openai.fault({ kind: 'hang' });
    gateway.fakes.anthropic.usually({ tokens: 1000 });
    const response = await gateway.post(chat, hello({ max_tokens: 1000 }), {
      'x-client-id': 'scant',
      'x-gateway-fallback': 'claude-haiku-4-5',
    });
    expect(response.status).toBe(200);
    const sent = gateway.fakes.anthropic.requests[0]?.json.max_tokens;
    expect(sent).toBeGreaterThanOrEqual(16);
    expect(sent).toBeLessThan(1000);
    expect(await spentOf(id)).toBeLessThanOrEqual(0.0125);
  });
});

describe('a client that leaves', () => {
  it.each([
    ['openai', 'gpt-4o', chat],
    ['anthropic', 'claude-sonnet-4-6', '/v1/messages'],
    ['anthropic', 'claude-sonnet-4-6', chat],
    ['gemini', 'gemini-3.5-flash-lite', chat],
    ['openai', 'gpt-4o', '/v1/responses'],
  ] as const)('a plain call of %s (%s, %s) pays what it really costs', async (provider, model, path) => {
    gateway.fakes[provider].fault({ kind: 'delay', ms: 400 });
    gateway.fakes[provider].reply({ text: 'long', usage: { input: 100, output: 4000 } });
    const client = `left-${provider}-${path.slice(4)}`;
    const body =
      path === '/v1/responses'
        ? { model, input: 'Hi' }
        : { model, max_tokens: 5000, messages: [{ role: 'user', content: 'Hi' }] };
    await askAndLeave(path, body, client, asked(provider));
    expect(await rowOf(client)).toMatchObject({
      status: 'cancelled',
      estimated: false,
      input_tokens: 100,
      output_tokens: 4000,
    });
    expect(gateway.fakes[provider].requests[0]?.aborted).toBe(false);
  });

  it('pays the true cost of an embedding', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 400 });
    await askAndLeave(
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'Hi' },
      'left-early',
      asked('openai'),
    );
    expect(await rowOf('left-early')).toMatchObject({ status: 'cancelled', estimated: false });
  });

  it('pays the ceiling of a plain call whose provider falls silent, and no other provider is asked', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    await askAndLeave(chat, hello({ max_tokens: 1000 }), 'left-silent', asked('openai'));
    expect(await rowOf('left-silent')).toMatchObject({ status: 'cancelled', estimated: true, output_tokens: 1000 });
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
  });

  it.each(['/v1/messages', chat, '/v1/responses'])(
    "a stream on %s pays the input as Claude's first event tells it, and the answer it saw",
    async (path) => {
      gateway.fakes.anthropic.usually({
        text: 'one two three four five six',
        chunks: 6,
        chunkDelayMs: 150,
        usage: { input: 40_020, cached: 40_000, output: 6 },
      });
      const client = `cached-${path.slice(4)}`;
      const body =
        path === '/v1/responses'
          ? { model: 'claude-sonnet-4-6', input: 'Hi', stream: true }
          : { model: 'claude-sonnet-4-6', max_tokens: 500, stream: true, messages: [{ role: 'user', content: 'Hi' }] };
      await askAndLeave(path, body, client, async () => {
        await asked('anthropic')();
        await sleep(500);
      });
      const row = await rowOf(client);
      expect(row).toMatchObject({ status: 'cancelled', input_tokens: 40_020, cached_tokens: 40_000, estimated: true });
      expect(row.cost_usd).toBeGreaterThan(0.01206);
      expect(row.cost_usd).toBeLessThan(0.0123);
    },
  );

  it('pays the thinking time of a stream that has shown nothing', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    await askAndLeave(
      chat,
      hello({ model: 'gpt-5.6-terra', max_completion_tokens: 4000, stream: true }),
      'thinking',
      async () => {
        await asked('openai')();
        await sleep(600);
      },
    );
    const { output_tokens: paid } = await rowOf('thinking');
    expect(paid).toBeGreaterThan(100);
    expect(paid).toBeLessThan(1000);
  });

  it('pays no more than the ceiling for thinking', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    await askAndLeave(
      chat,
      hello({ model: 'gpt-5.6-terra', max_completion_tokens: 50, stream: true }),
      'brief',
      async () => {
        await asked('openai')();
        await sleep(600);
      },
    );
    expect((await rowOf('brief')).output_tokens).toBe(50);
  });
});

describe('the time limit for a provider', () => {
  it('is longer for a plain answer than for a stream', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 1200 });
    expect((await gateway.post(chat, hello(), { 'x-gateway-fallback': 'none' })).status).toBe(200);
  });

  it('ends a plain answer that trickles', async () => {
    gateway.fakes.openai.fault({ kind: 'trickle', everyMs: 100 });
    const response = await gateway.post(chat, hello({ max_tokens: 30 }), {
      'x-gateway-fallback': 'none',
      'x-client-id': 'trickle',
    });
    expect(response.status).toBe(504);
    expect(await rowOf('trickle')).toMatchObject({ status: 'failed', output_tokens: 30 });
  });
});
