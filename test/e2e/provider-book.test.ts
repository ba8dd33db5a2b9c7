import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, json } from '../support/ask.ts';
import { type Billed, BookKeeper, endings, type Order } from '../support/fakes/book-keeper.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const runs = 500;
const atOnce = 24;

let gateway: TestGateway;
const first = new BookKeeper();
const second = new BookKeeper();
/** OpenAI itself, whose searches have a fee. */
const vendor = new BookKeeper();
/** A model that fails rests at its account: runs with searches take turns among accounts and models. All cost the same. */
const vendorAccounts = 12;
const searchers = ['gpt-4o', 'gpt-4o-2024-08-06', 'gpt-4o-2024-11-20'];

beforeAll(async () => {
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    FIRST_BYTE_TIMEOUT_MS: '600',
    ANSWER_TIMEOUT_MS: '600',
  });
  // A model that fails rests, so every run has one of its own.
  for (const [name, keeper] of [
    ['first', first],
    ['second', second],
  ] as const) {
    await keeper.start();
    const models = Array.from({ length: runs }, (_, i) => ({
      id: `${name}-${i}`,
      input_usd_per_mtok: 1,
      output_usd_per_mtok: 10,
    }));
    await json(
      gateway.post('/v1/providers', {
        name,
        kind: 'openai-compatible',
        base_url: keeper.baseUrl,
        api_key: 'key-of-it',
        models,
      }),
      201,
    );
  }
  await vendor.start();
  for (let i = 0; i < vendorAccounts; i++) {
    const searching = { name: `vendor${i}`, kind: 'openai', base_url: vendor.baseUrl, api_key: `key-of-${i}` };
    await json(gateway.post('/v1/providers', searching), 201);
  }
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([first.stop(), second.stop(), vendor.stop()]);
});

const order: fc.Arbitrary<Omit<Order, 'atPace'>> = fc.record({
  ending: fc.constantFrom(...endings),
  wish: fc.integer({ min: 1, max: 4_000 }),
  // The most tokens that a model of today writes in a second.
  pace: fc.integer({ min: 50, max: 250 }),
  thoughts: fc.integer({ min: 0, max: 60 }),
  searches: fc.integer({ min: 0, max: 14 }),
  reads: fc.integer({ min: 0, max: 8_000 }),
});

const scenario = fc.record({
  operation: fc.constantFrom('chat', 'chat', 'responses', 'messages', 'embeddings', 'search', 'search'),
  first: order,
  second: order,
  fallback: fc.boolean(),
  stream: fc.boolean(),
  tier: fc.constantFrom(undefined, undefined, 'priority', 'flex'),
  maxTokens: fc.option(fc.integer({ min: 16, max: 3_000 }), { nil: undefined }),
  maxToolCalls: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  words: fc.integer({ min: 1, max: 40 }),
  /** The client leaves after so many ms, or stays. */
  leavesMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined, freq: 2 }),
  limitUsd: fc.constantFrom(0.001, 0.01, 0.05),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

const nanosOf = (bill: Billed | undefined, price: { input: number; output: number }): number =>
  bill === undefined
    ? 0
    : ((bill.input * price.input + bill.output * price.output) * bill.hundredths) / 100 + bill.searches * 10_000_000;

const own = { input: 1_000, output: 10_000 };
const vendors = { input: 2_500, output: 10_000 };

/** Tokens written until the client's leaving reached the provider, which cannot be known: 60 ms at the highest pace, rounded up. */
const onTheWayNanos = 25 * 10_000;

/** The request, in the words of its dialect. */
function requestOf(i: number, made: Scenario): { path: string; body: object } {
  const { operation, stream, tier, maxTokens, maxToolCalls } = made;
  const text = [`run${i}`, ...Array.from({ length: made.words }, () => 'word')].join(' ');
  const model = `first/first-${i}`;
  const messages = [{ role: 'user', content: text }];
  switch (operation) {
    case 'embeddings':
      return { path: '/v1/embeddings', body: { model, input: text } };
    case 'messages':
      return { path: '/v1/messages', body: { model, stream, max_tokens: maxTokens ?? 1_000, messages } };
    case 'responses':
      return {
        path: '/v1/responses',
        body: { model, stream, service_tier: tier, max_output_tokens: maxTokens, input: text },
      };
    case 'search':
      return {
        path: '/v1/responses',
        body: {
          model: `vendor${i % vendorAccounts}/${searchers[Math.floor(i / vendorAccounts) % searchers.length]}`,
          stream,
          service_tier: tier,
          max_output_tokens: maxTokens,
          max_tool_calls: maxToolCalls,
          input: text,
          tools: [{ type: 'web_search' }],
        },
      };
    default:
      return { path: chat, body: { model, stream, service_tier: tier, max_tokens: maxTokens, messages } };
  }
}

async function run(i: number, made: Scenario): Promise<number> {
  const client = `c${i}`;
  const atPace = made.leavesMs !== undefined;
  first.orders.set(`first-${i}`, { ...made.first, atPace });
  second.orders.set(`second-${i}`, { ...made.second, atPace });
  // GPT-4o does not think, so it is never silent while it writes.
  const { ending } = made.first;
  vendor.orders.set(`run${i}`, { ...made.first, atPace, thoughts: 0, ending: ending === 'silent' ? 'whole' : ending });
  // The input that a search may read is held as the whole window of the model: 32 cents.
  const limitUsd = made.operation === 'search' ? made.limitUsd * 10 + 0.3 : made.limitUsd;
  const { path, body } = requestOf(i, made);
  const { id } = await json<{ id: string }>(
    gateway.post('/v1/budgets', { name: client, scope: { client_id: client }, limit_usd: limitUsd }),
    201,
  );
  const stop = new AbortController();
  const call = fetch(gateway.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${liveKey}`,
      'content-type': 'application/json',
      'x-client-id': client,
      'x-gateway-fallback': made.fallback && made.operation !== 'embeddings' ? `second/second-${i}` : 'none',
    },
    body: JSON.stringify(body),
    signal: stop.signal,
  })
    .then((response) => response.text())
    .catch(() => '');
  if (made.leavesMs !== undefined) {
    await Promise.race([sleep(made.leavesMs), call]);
    stop.abort();
  }
  await call;
  const read = () => json<{ spent_usd: number; held_usd: number; limit_usd: number }>(gateway.get(`/v1/budgets/${id}`));
  await expect.poll(async () => (await read()).held_usd, { timeout: 10_000, interval: 100 }).toBe(0);
  // A cut reaches the provider a moment later.
  await sleep(60);
  const { spent_usd: spent, limit_usd: limit } = await read();
  const billed =
    nanosOf(first.book.get(`first-${i}`), own) +
    nanosOf(second.book.get(`second-${i}`), own) +
    nanosOf(vendor.book.get(`run${i}`), vendors);
  const reported = JSON.stringify({ i, ...made, billed, spent });
  expect(billed, reported).toBeLessThanOrEqual(limit * 1e9 + onTheWayNanos);
  expect(spent * 1e9 + onTheWayNanos, reported).toBeGreaterThanOrEqual(billed);
  expect(spent, reported).toBeLessThanOrEqual(limit);
  return billed;
}

it(`the provider's own book never passes a limit, over ${runs} ways a call can end`, async () => {
  const all = fc.sample(scenario, runs);
  let next = 0;
  const billed = new Map<string, number>();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let i = next++; i < all.length; i = next++) {
        const made = all[i];
        if (made === undefined) continue;
        if ((await run(i, made)) > 0) billed.set(made.operation, (billed.get(made.operation) ?? 0) + 1);
      }
    }),
  );
  console.log(`billed by the provider: ${JSON.stringify(Object.fromEntries(billed))} of ${runs}`);
  // Of every operation some were billed: the mix tests what it says.
  for (const operation of ['chat', 'responses', 'messages', 'embeddings', 'search'])
    expect(billed.get(operation) ?? 0, operation).toBeGreaterThan(10);
  expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
}, 120_000);
