import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { runCommand } from '../support/command-line.ts';
import { seed } from '../support/seed.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Calls at random around the ends of months and of summer times, in random zones: every book has the same figures. */

const draw = <T>(from: fc.Arbitrary<T>, count: number): T[] => fc.sample(from, { seed, numRuns: count });

const month = '2026-10';
/** Summer time begins at Lord Howe, and ends in Europe and in America; the month begins and ends. */
const turns = ['2026-10-04', '2026-10-25', '2026-11-01', '2026-10-01'];
const moments = draw(
  fc.tuple(fc.constantFrom(...turns), fc.integer({ min: -30 * 3_600_000, max: 30 * 3_600_000 })),
  60,
).map(([turn, away]) => new Date(Date.parse(`${turn}T00:00:00Z`) + away));
const tokens = draw(fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 900 })), moments.length);
const zones = [
  ...['Asia/Kathmandu', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/St_Johns', 'Europe/Berlin'],
  ...draw(fc.constantFrom(...Intl.supportedValuesOf('timeZone')), 3),
];

interface Call {
  at: Date;
  client: string;
  input: number;
  output: number;
  nanos: bigint;
}
/** Calls, tokens and nano-dollars. */
interface Sums {
  calls: number;
  input: number;
  output: number;
  nanos: bigint;
}

let gateway: TestGateway;
let calls: Call[];

beforeAll(async () => {
  gateway = await startTestGateway();
  const { pool } = gateway.database;
  await json(gateway.post('/v1/budgets', { name: 'All', limit_usd: 1_000, period: 'total' }), 201);
  await json(gateway.send('PUT', '/v1/clients/acme', { markup_percent: 20, currency: 'EUR', exchange_rate: 0.9137 }));
  for (const [at, [input, output]] of tokens.entries()) {
    gateway.fakes.openai.reply({ text: 'x', usage: { input, output } });
    await json(gateway.post(chat, hello({ max_tokens: 1_000 }), { 'x-client-id': at % 3 === 0 ? 'globex' : 'acme' }));
  }
  const rows = await eventually(async () => {
    const { rows: found } = await pool.query(`select id from calls where status = 'succeeded' order by id`);
    expect(found).toHaveLength(moments.length);
    return found as { id: string }[];
  });
  await pool.query(`select ensure_call_partitions('2026-09-01'::date, 3)`);
  // In one statement: the gateway's own roll-up sees the calls before it or after it, and no sum of an hour misses the rest.
  await pool.query(
    'update calls set created_at = moved.at from unnest($1::text[], $2::timestamptz[]) as moved (id, at) where calls.id = moved.id',
    [rows.map(({ id }) => id), moments],
  );
  const { rows: written } = await pool.query(
    'select created_at as at, client_id as client, input_tokens as input, output_tokens as output, cost_nanos as nanos from calls',
  );
  calls = (written as Call[]).map((one) => ({
    ...{ at: one.at, client: one.client, nanos: BigInt(one.nanos) },
    ...{ input: Number(one.input), output: Number(one.output) },
  }));
}, 60_000);
afterAll(() => gateway.stop());

const none: Sums = { calls: 0, input: 0, output: 0, nanos: 0n };
const plus = (sums: Sums, { input, output, nanos }: Omit<Sums, 'calls'>, count = 1): Sums => ({
  calls: sums.calls + count,
  input: sums.input + input,
  output: sums.output + output,
  nanos: sums.nanos + nanos,
});
const nanosOf = (usd: unknown): bigint => BigInt(Math.round(Number(usd) * 1e9));

/** By hand: the calls of a month of a zone by its days. */
function daysOf(timezone: string, client?: string): Map<string, Sums> {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
  const days = new Map<string, Sums>();
  const ofMonth = calls
    .filter((call) => client === undefined || call.client === client)
    .map((call) => ({ ...call, day: day.format(call.at) }))
    .filter((call) => call.day.startsWith(month))
    .sort((a, b) => a.day.localeCompare(b.day));
  for (const call of ofMonth) days.set(call.day, plus(days.get(call.day) ?? none, call));
  return days;
}
const sumOf = (days: Map<string, Sums>): Sums =>
  [...days.values()].reduce((sum, one) => plus(sum, one, one.calls), none);

interface Row {
  [field: string]: string | number | null;
}
const sumsOf = (row: Row): Sums => ({
  calls: Number(row.requests ?? 1),
  input: Number(row.input_tokens),
  output: Number(row.output_tokens),
  nanos: nanosOf(row.cost_usd),
});

/** The sums of a month in each book of the gateway. */
async function booksOf(): Promise<{ days: Map<string, Sums>[]; wholes: Sums[]; series: Map<string, bigint> }> {
  const range = 'from=2026-10-01&to=2026-10-31';
  const byDay = await json<{ data: Row[]; totals: Row }>(
    gateway.get(`/v1/usage/clients?${range}&group_by=day&limit=100`),
  );
  const csv = await (await gateway.get(`/v1/usage/clients?${range}&group_by=day&format=csv`)).text();
  const [names = [], ...lines] = csv
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));
  const inCsv = lines.map((line): Row => Object.fromEntries(names.map((name, at) => [name, line[at] ?? ''])));
  const single = await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?${range}&limit=100`));
  const chart = await json<{ data: { at: string; value: number }[] }>(
    gateway.get(`/v1/usage/series?${range}&metric=cost_usd&interval=day`),
  );
  const days = [byDay.data, inCsv].map((rows) => new Map(rows.map((row) => [String(row.day), sumsOf(row)])));
  return {
    days,
    wholes: [sumsOf(byDay.totals), single.data.map(sumsOf).reduce((sum, one) => plus(sum, one), none)],
    series: new Map(chart.data.filter(({ value }) => value > 0).map(({ at, value }) => [at, nanosOf(value)])),
  };
}

interface Invoice {
  id: string;
  subtotal: number;
  lines: Row[];
}

describe.each(['read from the calls', 'read from the sums'])('the books of a month, %s,', (source) => {
  beforeAll(async () => {
    if (source === 'read from the sums') while (await rollUp(gateway.database.pool as never, Date.now()));
  }, 240_000);

  it.each(zones)(
    'agree in %s: days, range, chart, file, single calls and invoice',
    async (timezone) => {
      await json(gateway.send('PATCH', '/v1/workspace', { timezone }));
      const days = daysOf(timezone);
      const books = await booksOf();
      expect({ seed, days: books.days }).toEqual({ seed, days: [days, days] });
      expect({ seed, wholes: books.wholes }).toEqual({ seed, wholes: [sumOf(days), sumOf(days)] });
      const series = new Map([...days].map(([day, { nanos }]) => [day, nanos]));
      expect({ seed, series: books.series }).toEqual({ seed, series });
      const billed = sumOf(daysOf(timezone, 'acme'));
      const invoice = await json<Invoice>(gateway.post('/v1/invoices', { client_id: 'acme', period: month }), 201);
      const lines = invoice.lines.map(sumsOf).reduce((sum, one) => plus(sum, one, one.calls), none);
      expect({ seed, lines }).toEqual({ seed, lines: billed });
      const euros = (Number(billed.nanos) / 1e9) * 1.2 * 0.9137;
      expect({ seed, isNear: Math.abs(invoice.subtotal - euros) < 0.00501 }).toEqual({ seed, isNear: true });
      // Its calls can be billed again, by the days of the next zone.
      await json(gateway.post(`/v1/invoices/${invoice.id}/void`, {}), 201);
    },
    60_000,
  );
});

it('the ledger has the sum of all calls, and nothing to correct', async () => {
  const sum = calls.reduce((nanos, call) => nanos + call.nanos, 0n);
  const { data } = await json<{ data: Row[] }>(gateway.get('/v1/budgets'));
  expect(data.map(({ spent_usd: spent }) => nanosOf(spent))).toEqual([sum]);
  expect(await runCommand(['verify-ledger'], { env: { DATABASE_URL: gateway.database.url } })).toMatchObject({
    code: 0,
    out: 'Ledger OK: 1 budget checked.\n',
  });
});
