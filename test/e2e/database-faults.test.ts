import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import type { RunningGateway } from '../../gateway/src/start-gateway.ts';
import { chat, hello, json } from '../support/ask.ts';
import type { Fakes } from '../support/fakes/start-fakes.ts';
import { type GatewayOnOwnPostgres, startOnOwnPostgres } from '../support/own-postgres.ts';
import { liveKey } from '../support/start-gateway.ts';

let own: GatewayOnOwnPostgres;
let gateway: RunningGateway;
let fakes: Fakes;

beforeAll(async () => {
  own = await startOnOwnPostgres();
  ({ gateway, fakes } = own);
});
afterEach(() => fakes.reset());
afterAll(() => own.stop());

const ask = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(gateway.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

interface Load {
  /** Stops calling and waits for the last answers. */
  stop(): Promise<{ statuses: Set<number>; reportedUsd: number }>;
}

/** Eight callers without end. */
function startLoad(client: string): Load {
  let going = true;
  const statuses = new Set<number>();
  let reportedUsd = 0;
  const callers = Array.from({ length: 8 }, async () => {
    while (going) {
      const response = await ask(chat, hello({ max_tokens: 40 }), { 'x-client-id': client });
      await response.text();
      statuses.add(response.status);
      if (response.status === 200) reportedUsd += Number(response.headers.get('x-gateway-cost-usd'));
      else await sleep(20);
    }
  });
  return {
    stop: async () => {
      going = false;
      await Promise.all(callers);
      return { statuses, reportedUsd };
    },
  };
}

const admin = async (...statements: string[]): Promise<void> => {
  const client = new pg.Client(own.postgres.connection);
  client.on('error', () => {});
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
};

describe('under load with a budget, when Postgres', () => {
  const faults: [string, () => Promise<void>][] = [
    [
      'is killed and comes back',
      async () => {
        process.kill(own.postgres.pid, 'SIGKILL');
        await own.postgres.stop();
        await sleep(300);
        await own.restart();
      },
    ],
    [
      'is stopped in order and comes back',
      async () => {
        await own.postgres.stop();
        await sleep(300);
        await own.restart();
      },
    ],
    [
      'is slow for two seconds',
      async () => {
        await admin('begin', 'lock table meters in access exclusive mode', 'select pg_sleep(2)', 'rollback');
      },
    ],
    [
      'is read-only for a while',
      async () => {
        await admin('alter system set default_transaction_read_only = on', 'select pg_reload_conf()');
        await sleep(700);
        await admin(
          'set default_transaction_read_only = off',
          'alter system reset default_transaction_read_only',
          'select pg_reload_conf()',
        );
      },
    ],
    [
      'has no connection left',
      async () => {
        const all: pg.Client[] = [];
        for (let i = 0; i < 80; i++) {
          const client = new pg.Client(own.postgres.connection);
          client.on('error', () => {});
          try {
            await client.connect();
            all.push(client);
          } catch {
            break;
          }
        }
        expect(all.length).toBeGreaterThan(10);
        await admin('select 1').catch(() => {});
        await sleep(500);
        await Promise.all(all.map((client) => client.end().catch(() => {})));
      },
    ],
    [
      'drops every connection',
      async () => {
        await admin(
          `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`,
        );
      },
    ],
  ];

  it.each(faults)(
    '%s: no budget is passed, no call is lost, the three books agree',
    async (name, fault) => {
      const client = name.replaceAll(' ', '-');
      const poor = `${client}-poor`;
      const budgetFor = async (id: string, limit: number): Promise<string> => {
        const asked = { name: id, limit_usd: limit, scope: { client_id: id } };
        return (await json<{ id: string }>(ask('/v1/budgets', asked), 201)).id;
      };
      const id = await budgetFor(client, 50);
      // Its money, for some four hundred calls, is spent while the database is at fault.
      const poorId = await budgetFor(poor, 0.17);
      fakes.openai.usually({ tokens: 40 });
      const load = startLoad(client);
      const poorLoad = startLoad(poor);
      await sleep(300);
      await fault();
      await sleep(800);
      const { statuses, reportedUsd } = await load.stop();
      expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
      const capped = await poorLoad.stop();
      expect([...capped.statuses].filter((status) => ![200, 402, 503].includes(status))).toEqual([]);
      await expect.poll(async () => (await ask(chat, hello({ max_tokens: 1 }))).status, { timeout: 10_000 }).toBe(200);
      const askPoor = async () => (await ask(chat, hello({ max_tokens: 40 }), { 'x-client-id': poor })).status;
      await expect.poll(askPoor, { timeout: 10_000, interval: 1 }).toBe(402);
      const { rows } = await gateway.services.db.query(
        `select count(*) filter (where status = 'open')::integer as open, coalesce(sum(cost_nanos), 0)::text as nanos from calls where client_id = any($1)`,
        [[client, poor]],
      );
      const [{ open, nanos }] = rows as [{ open: number; nanos: string }];
      expect(open).toBe(0);
      const read = (one: string) =>
        json<{ spent_usd: number; held_usd: number; limit_usd: number }>(ask(`/v1/budgets/${one}`));
      const [budget, poorBudget] = await Promise.all([read(id), read(poorId)]);
      expect(poorBudget.spent_usd + poorBudget.held_usd).toBeLessThanOrEqual(poorBudget.limit_usd);
      expect(poorBudget.spent_usd).toBeGreaterThan(0.169);
      const spent = budget.spent_usd + poorBudget.spent_usd;
      const billed = fakes.openai.book
        .filter(({ output }) => output > 1)
        .reduce((sum, { input, output }) => sum + input * 2.5e-6 + output * 10e-6, 0);
      expect(budget.held_usd).toBe(0);
      expect(spent).toBeCloseTo(Number(nanos) / 1e9, 9);
      // An answer of the provider is on record even where its caller got 503, so the gateway's sum is the provider's.
      expect(spent).toBeCloseTo(billed, 9);
      expect(budget.spent_usd).toBeGreaterThanOrEqual(reportedUsd - 1e-9);
      expect((await compareBooks(gateway.services.db)).differences).toEqual([]);
    },
    40_000,
  );
});

describe('when the clock jumps', () => {
  it('a call counts in the period of its moment, and money of another period stays there', async () => {
    const { services } = gateway;
    const { now } = services;
    await json(
      ask('/v1/budgets', { name: 'daily', limit_usd: 0.001, period: 'day', scope: { client_id: 'clock' } }),
      201,
    );
    fakes.openai.usually({ tokens: 90 });
    const call = async (): Promise<number> =>
      (await ask(chat, hello({ max_tokens: 90 }), { 'x-client-id': 'clock' })).status;
    try {
      expect([await call(), await call()]).toEqual([200, 402]);
      services.now = () => now() + 86_400_000;
      expect([await call(), await call()]).toEqual([200, 402]);
      // A year and more ahead there is no partition yet; one is made.
      services.now = () => now() + 500 * 86_400_000;
      expect(await call()).toBe(200);
      services.now = () => now() - 3_600_000;
      // Today's money is spent; just after midnight an hour earlier is yesterday, which has its own.
      const isSameDay = new Date(now()).getUTCDate() === new Date(services.now()).getUTCDate();
      expect(await call()).toBe(isSameDay ? 402 : 200);
    } finally {
      services.now = now;
    }
    expect(await call()).toBe(402);
    expect((await compareBooks(services.db)).differences).toEqual([]);
  });
});
