import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/tools/ledger-check-store.ts';
import { chat, json } from '../support/ask.ts';
import { BookKeeper, endings, type Order } from '../support/fakes/book-keeper.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const runs = 500;
const atOnce = 24;

let gateway: TestGateway;
const first = new BookKeeper();
const second = new BookKeeper();

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
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([first.stop(), second.stop()]);
});

const order: fc.Arbitrary<Omit<Order, 'atPace'>> = fc.record({
  ending: fc.constantFrom(...endings),
  wish: fc.integer({ min: 1, max: 4_000 }),
  // What a model of today writes in a second at the most.
  pace: fc.integer({ min: 50, max: 250 }),
  thoughts: fc.integer({ min: 0, max: 60 }),
});

const scenario = fc.record({
  first: order,
  second: order,
  fallback: fc.boolean(),
  stream: fc.boolean(),
  maxTokens: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
  words: fc.integer({ min: 1, max: 40 }),
  /** The client leaves after so many ms, or stays. */
  leavesMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined, freq: 2 }),
  limitUsd: fc.constantFrom(0.001, 0.01, 0.05),
});

const nanosOf = (bill: { input: number; output: number } | undefined): number =>
  bill === undefined ? 0 : bill.input * 1_000 + bill.output * 10_000;

/** What was written when the client's leaving reached the provider, and nobody can know: 60 ms at the highest pace, rounded up. */
const onTheWayNanos = 25 * 10_000;

async function run(i: number, made: typeof scenario extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const client = `c${i}`;
  const atPace = made.leavesMs !== undefined;
  first.orders.set(`first-${i}`, { ...made.first, atPace });
  second.orders.set(`second-${i}`, { ...made.second, atPace });
  const { id } = await json<{ id: string }>(
    gateway.post('/v1/budgets', { name: client, scope: { client_id: client }, limit_usd: made.limitUsd }),
    201,
  );
  const stop = new AbortController();
  const call = fetch(gateway.url + chat, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${liveKey}`,
      'content-type': 'application/json',
      'x-client-id': client,
      'x-gateway-fallback': made.fallback ? `second/second-${i}` : 'none',
    },
    body: JSON.stringify({
      model: `first/first-${i}`,
      stream: made.stream,
      ...(made.maxTokens === undefined ? {} : { max_tokens: made.maxTokens }),
      messages: [{ role: 'user', content: Array.from({ length: made.words }, () => 'word').join(' ') }],
    }),
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
  const billed = nanosOf(first.book.get(`first-${i}`)) + nanosOf(second.book.get(`second-${i}`));
  const told = JSON.stringify({ i, ...made, billed, spent });
  expect(billed, told).toBeLessThanOrEqual(limit * 1e9 + onTheWayNanos);
  expect(spent * 1e9 + onTheWayNanos, told).toBeGreaterThanOrEqual(billed);
  expect(spent, told).toBeLessThanOrEqual(limit);
}

it(`the provider's own book never passes a limit, over ${runs} ways a call can end`, async () => {
  const seed = Number(process.env.BOOK_SEED ?? Date.now() % 1_000_000);
  console.log(`provider's book: seed ${seed} (BOOK_SEED repeats it)`);
  const all = fc.sample(scenario, { numRuns: runs, seed });
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let i = next++; i < all.length; i = next++) {
        const made = all[i];
        if (made !== undefined) await run(i, made);
      }
    }),
  );
  expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
}, 120_000);
