import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { runCommand, runProgram } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { type Checkout, checkOutLastRelease, noLastRelease } from '../support/last-release.ts';
import { orLeftOut, serverBin, startServerPostgres } from '../support/server-postgres.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

const leftOut = noLastRelease === undefined ? '' : ` (left out: ${noLastRelease})`;
const folder = dataFolder('upgrade');
const secret = 'ab'.repeat(32);

let last: Checkout;
let fakes: Fakes;
let database: TestDatabase;

beforeAll(async () => {
  if (noLastRelease !== undefined) return;
  last = checkOutLastRelease();
  fakes = await startFakes();
}, 30_000);
afterAll(async () => {
  last?.remove();
  await fakes?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  database = await createTestDatabase();
  await database.pool.query('drop schema public cascade; create schema public');
});
afterEach(() => database.drop());

const environment = (): Record<string, string> => ({
  ...gatewayEnv(fakes, database.url, folder),
  GATEWAY_SECRET: secret,
  LOG_LEVEL: 'warn',
});
const startLast = (): Promise<GatewayProcess> => spawnGateway(environment(), last.main);
const startThis = (): Promise<GatewayProcess> => spawnGateway(environment());

function ask(gateway: GatewayProcess, path: string, body?: unknown, client = 'acme'): Promise<Response> {
  return fetch(gateway.url + path, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': client },
  });
}

/** The clients' answers, by status; money in nano-dollars. */
interface ClientsBook {
  statuses: Record<number, number>;
  nanos: bigint;
  other: string[];
}

/** Calls to a gateway, alternating between a client with room and one that comes to its cap, until it is stopped. */
function load(gateway: GatewayProcess, book: ClientsBook): { stop(): Promise<void> } {
  let stopping = false;
  const all = Array.from({ length: 3 }, async (_, i) => {
    while (!stopping) {
      const answer = await ask(gateway, chat, hello({ max_tokens: 50 }), i === 0 ? 'capped' : 'acme');
      const text = await answer.text();
      book.statuses[answer.status] = (book.statuses[answer.status] ?? 0) + 1;
      if (answer.status === 200)
        book.nanos += BigInt(Math.round(Number(answer.headers.get('x-gateway-cost-usd')) * 1e9));
      else if (answer.status !== 402) book.other.push(text);
    }
  });
  return {
    stop: async () => {
      stopping = true;
      await Promise.all(all);
    },
  };
}

describe.skipIf(noLastRelease !== undefined)(`a rolling upgrade from the last release${leftOut}`, () => {
  it('serves with both versions at once, and all books agree', async () => {
    const book: ClientsBook = { statuses: {}, nanos: 0n, other: [] };
    const before = await startLast();
    await json(ask(before, '/v1/budgets', { name: 'Each', scope: { client_id: 'acme' }, limit_usd: 500 }), 201);
    const cap = { name: 'Cap', scope: { client_id: 'capped' }, limit_usd: 0.005 };
    const { id } = await json<{ id: string }>(ask(before, '/v1/budgets', cap), 201);
    const calls = () => Object.values(book.statuses).reduce((sum, n) => sum + n, 0);
    const loads = [load(before, book)];
    await eventually(() => expect(calls()).toBeGreaterThan(50), 20_000);
    // The new one migrates under the old one's load.
    const after = await startThis();
    const migratedAt = calls();
    loads.push(load(after, book));
    await eventually(() => expect(calls()).toBeGreaterThan(migratedAt + 300), 30_000);
    await loads[0]?.stop();
    expect(await before.kill('SIGTERM')).toBe(0);
    const alone = calls();
    await eventually(() => expect(calls()).toBeGreaterThan(alone + 50), 20_000);
    await loads[1]?.stop();

    expect(book.other).toEqual([]);
    const budget = await json<{ spent_usd: number }>(ask(after, `/v1/budgets/${id}`));
    expect(budget.spent_usd).toBeLessThanOrEqual(0.005);
    expect(book.statuses[402]).toBeGreaterThan(0);
    expect(await after.kill('SIGTERM')).toBe(0);
    const { rows } = await database.pool.query(
      `select count(*)::integer as calls, sum(cost_nanos)::bigint as nanos, count(*) filter (where estimated)::integer as estimated from calls where status <> 'failed'`,
    );
    expect(rows).toEqual([{ calls: book.statuses[200], nanos: book.nanos, estimated: 0 }]);
    expect(await runCommand(['verify-ledger'], { env: environment() })).toMatchObject({ code: 0 });
    // And back: the old version says why it does not start on the new tables.
    await expect(startLast()).rejects.toThrow(
      /was migrated by a newer gateway .* Start that version, or restore a backup/,
    );
  }, 120_000);

  it('continues after a kill in the middle of a migration', async () => {
    const before = await startLast();
    await json(ask(before, chat, hello()));
    expect(await before.kill('SIGTERM')).toBe(0);
    // Somebody reads what a migration changes, so that it waits where it is.
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('begin; select * from meters');
    const main = fileURLToPath(new URL('../../gateway/src/main.ts', import.meta.url));
    const half = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH ?? '', ...environment() },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => half.once('exit', resolve));
    await eventually(async () => {
      const { rows } = await database.pool.query("select 1 from pg_locks where not granted and locktype = 'relation'");
      expect(rows).toHaveLength(1);
    }, 20_000);
    half.kill('SIGKILL');
    await ended;
    await reader.end();
    const after = await startThis();
    expect((await ask(after, chat, hello())).status).toBe(200);
    expect(await json(ask(after, '/v1/usage/requests'))).toMatchObject({ data: [{}, {}] });
    expect(await after.kill('SIGTERM')).toBe(0);
  }, 60_000);

  it('is not needed for a copy: this version imports an export of the last release', async () => {
    const before = await startLast();
    await json(ask(before, '/v1/budgets', { name: 'Each', scope: { client_id: 'acme' }, limit_usd: 500 }), 201);
    for (let i = 0; i < 3; i++) await json(ask(before, chat, hello()));
    expect(await before.kill('SIGTERM')).toBe(0);
    const file = join(folder, 'last.jsonl');
    const exported = await runProgram(process.execPath, [last.cli, 'export', '--out', file], { env: environment() });
    expect(exported.code).toBe(0);
    // A backup by this version of the last one's database, as it is made before an upgrade.
    const backup = join(folder, 'last.backup');
    expect(await runCommand(['backup', '--out', backup], { env: environment() })).toMatchObject({ code: 0 });
    for (const command of [
      ['import', '--in', file],
      ['restore', '--in', backup],
    ]) {
      await database.pool.query('drop schema public cascade; create schema public');
      const done = await runCommand(command, { env: environment() });
      expect(`${done.code} ${done.err}`).toMatch(/^0 (.|\n)*\d+ migrations/);
      expect(await runCommand(['verify-ledger'], { env: environment() })).toMatchObject({
        out: 'Ledger OK: 1 budget checked.\n',
      });
    }
  }, 120_000);

  it.skipIf(serverBin === undefined)(
    `migrates a pg_dump of the last release that is restored${orLeftOut}`,
    async () => {
      const server = await startServerPostgres();
      const on = (name: string): Record<string, string> => ({
        ...environment(),
        DATABASE_URL: server.url({ database: name }),
      });
      const tool = async (program: string, ...args: string[]): Promise<void> =>
        expect(await runProgram(join(serverBin ?? '', program), args)).toMatchObject({ code: 0, err: '' });
      try {
        for (const name of ['before', 'restored']) await server.query(`create database ${name}`);
        const before = await spawnGateway(on('before'), last.main);
        await json(ask(before, '/v1/budgets', { name: 'Each', scope: { client_id: 'acme' }, limit_usd: 500 }), 201);
        for (let i = 0; i < 3; i++) await json(ask(before, chat, hello()));
        // Beside the gateway, as an operator's own backups are made.
        const dump = join(folder, 'own.dump');
        await tool('pg_dump', '--format=custom', `--file=${dump}`, server.url({ database: 'before' }));
        expect(await before.kill('SIGTERM')).toBe(0);
        await tool('pg_restore', `--dbname=${server.url({ database: 'restored' })}`, dump);
        const after = await spawnGateway(on('restored'));
        expect((await ask(after, chat, hello())).status).toBe(200);
        expect(await json(ask(after, '/v1/usage/requests'))).toMatchObject({ data: [{}, {}, {}, {}] });
        expect(await after.kill('SIGTERM')).toBe(0);
        expect(await runCommand(['verify-ledger'], { env: on('restored') })).toMatchObject({
          out: 'Ledger OK: 1 budget checked.\n',
        });
      } finally {
        await server.stop();
      }
    },
    120_000,
  );
});
