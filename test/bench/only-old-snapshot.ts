import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { diskFolder } from '../support/data-folder.ts';
import { plainBody } from './load.ts';
import { type BenchGateway, startGateway, startScript, stopAll } from './processes.ts';

/**
 * An old snapshot (a pg_dump, an analyst's transaction) keeps every version of a row that was updated since. Two gateways on one
 * Postgres, a closed loop of 32 connections, two budgets on every call, 50 clients: calls a second without and with a snapshot that
 * is open for a minute. `npm run bench only-old-snapshot`; `SECONDS=20` for a quick look.
 */
const seconds = Number(process.env.SECONDS ?? 60);
const key = `gw_live_${randomBytes(24).toString('hex')}`;
const auth = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

const folder = diskFolder('old-snapshot');
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database') });
try {
  const { host = '', port, user, password } = postgres.connection;
  const provider = await startScript('bench-provider.ts');
  const env = {
    PORT: '0',
    DATA_DIR: join(folder, 'gateway'),
    DATABASE_URL: `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`,
    LOG_LEVEL: 'warn',
    GATEWAY_SECRET: 'cd'.repeat(32),
    GATEWAY_BOOTSTRAP_KEY: key,
    LOG_REQUESTS: 'false',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `http://127.0.0.1:${provider}/v1`,
  };
  const gateways = [await startGateway(env), await startGateway(env)];
  await send(gateways[0], 'PUT', '/v1/scenarios/*/limits', {
    max_usd_per_hour: null,
    max_calls_per_minute: null,
    max_repeats: null,
  });
  for (const scope of [{}, { client_id: '*' }])
    await send(gateways[0], 'POST', '/v1/budgets', { name: JSON.stringify(scope), limit_usd: 1_000_000, scope });
  await load(gateways, 5);
  const before = [await load(gateways, seconds / 4), await load(gateways, seconds / 4)];
  const client = new pg.Client(postgres.connection);
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select 1');
  const during: Load[] = [];
  for (let quarter = 0; quarter < 4; quarter++) during.push(await load(gateways, seconds / 4));
  await client.query('rollback');
  await client.end();
  show('without', before);
  show('with an old snapshot', during);
  const last = during.at(-1)?.perSecond ?? Number.NaN;
  const without = before.reduce((sum, { perSecond }) => sum + perSecond, 0) / before.length;
  console.log(
    JSON.stringify({
      figure: 'calls/s with a snapshot open for a minute ÷ without',
      value: last / without,
      must: '≥ 0.9',
    }),
  );
  await Promise.all(gateways.map((gateway) => gateway.stop()));
} finally {
  await stopAll();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Load {
  perSecond: number;
  /** Microseconds of Postgres's own CPU for one call. */
  postgresMicros: number;
}

async function load(gateways: readonly BenchGateway[], duration: number): Promise<Load> {
  const cpu = postgresSeconds();
  const results = await Promise.all(
    gateways.map(({ url }) =>
      autocannon({
        url: `${url}/v1/chat/completions`,
        method: 'POST',
        body: plainBody,
        connections: 16,
        duration,
        requests: Array.from({ length: 50 }, (_, i) => ({ headers: { ...auth, 'x-client-id': `client-${i}` } })),
      }),
    ),
  );
  const refused = results.reduce((sum, { non2xx, errors }) => sum + non2xx + errors, 0);
  if (refused > 0) throw new Error(`${refused} calls were refused`);
  const calls = results.reduce((sum, { requests }) => sum + requests.total, 0);
  return { perSecond: calls / duration, postgresMicros: ((postgresSeconds() - cpu) * 1e6) / calls };
}

/** Of the server, all its children, and those that have ended. */
function postgresSeconds(): number {
  const children = readFileSync(`/proc/${postgres.pid}/task/${postgres.pid}/children`, 'utf8').trim().split(' ');
  return [String(postgres.pid), ...children].reduce((sum, pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return sum + fields.slice(11, 15).reduce((ticks, text) => ticks + Number(text), 0) / 100;
    } catch {
      return sum;
    }
  }, 0);
}

function show(name: string, loads: readonly Load[]): void {
  const text = loads.map(
    ({ perSecond, postgresMicros }) => `${perSecond.toFixed(0)}/s (${postgresMicros.toFixed(0)} µs)`,
  );
  console.log(`${name}: ${text.join(', ')}`);
}

async function send(gateway: BenchGateway | undefined, method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${gateway?.url}${path}`, { method, headers: auth, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
