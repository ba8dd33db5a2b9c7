import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import type pg from 'pg';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { diskFolder } from '../support/data-folder.ts';
import { startFakes } from '../support/fakes/start-fakes.ts';
import { startReceiver } from '../support/receiver.ts';
import { callsPerSecond, latencies, percentile, plainBody } from './load.ts';
import { type BenchGateway, startGateway } from './processes.ts';
import { usageFigures } from './usage.ts';

type Note = (figure: string, value: number, must: string) => void;

const key = `gw_live_${randomBytes(24).toString('hex')}`;
const auth = { authorization: `Bearer ${key}` };
/** The figures of money: one Postgres, one gateway or three, fake or constant providers, all on this machine. */
export async function moneyFigures(note: Note, providerUrl: string): Promise<void> {
  const folder = diskFolder('money');
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database') });
  const { host = '', port, user, password } = postgres.connection;
  const databaseUrl = `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`;
  const fakes = await startFakes();
  const env = (openai: string): Record<string, string> => ({
    PORT: '0',
    DATA_DIR: join(folder, 'gateway'),
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'warn',
    GATEWAY_SECRET: 'cd'.repeat(32),
    GATEWAY_BOOTSTRAP_KEY: key,
    ALLOW_PRIVATE_NETWORK: 'true',
    OPENAI_API_KEY: openai === providerUrl ? 'sk-bench' : 'sk-canary-openai-4711',
    OPENAI_BASE_URL: openai === providerUrl ? `${openai}/v1` : openai,
  });
  const start = (openai: string): Promise<BenchGateway> => startGateway(env(openai));
  try {
    console.log('\nthe cap: 200 calls at once where ten fit');
    fakes.openai.usually({ tokens: 100 });
    const three = [await start(fakes.openai.baseUrl)];
    await cap(note, 'one process', [three[0]?.url ?? '']);
    three.push(...(await Promise.all([start(fakes.openai.baseUrl), start(fakes.openai.baseUrl)])));
    await cap(
      note,
      'three processes',
      three.map(({ url }) => url),
    );
    await Promise.all(three.map((gateway) => gateway.stop()));

    const gateway = await start(providerUrl);
    await send(gateway.url, 'PUT', '/v1/scenarios/*/limits', {
      max_usd_per_hour: null,
      max_calls_per_minute: null,
      max_repeats: null,
    });
    await budgetLoad(note, gateway.url, providerUrl);
    await checks(note, gateway.url, providerUrl);
    await alerts(note, gateway.url);
    await usageFigures(note, { gateway, key, connection: postgres.connection as pg.ClientConfig });
    await gateway.stop();
  } finally {
    await fakes.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function send<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: { ...auth, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

async function cap(note: Note, where: string, urls: readonly string[]): Promise<void> {
  const client = where.replaceAll(' ', '-');
  const { id } = await send<{ id: string }>(urls[0] ?? '', 'POST', '/v1/budgets', {
    name: where,
    limit_usd: 0.010025,
    scope: { client_id: client },
  });
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const response = await fetch(`${urls[i % urls.length]}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...auth, 'content-type': 'application/json', 'x-client-id': client },
        body: JSON.stringify({ model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      const { usage } = (await response.json()) as { usage?: { completion_tokens: number } };
      return { tokens: usage?.completion_tokens ?? 0, cost: Number(response.headers.get('x-gateway-cost-usd') ?? 0) };
    }),
  );
  const whole = answers.filter(({ tokens }) => tokens === 100).length;
  const shortened = answers.filter(({ tokens }) => tokens > 0 && tokens < 100).length;
  const {
    spent_usd: spent,
    held_usd: held,
    limit_usd: limit,
  } = await send<{ spent_usd: number; held_usd: number; limit_usd: number }>(urls[0] ?? '', 'GET', `/v1/budgets/${id}`);
  const reported = answers.reduce((sum, { cost }) => sum + cost, 0);
  console.log(
    `  ${where}: ${whole} whole and ${shortened} shortened of 200; spent $${spent} and held $${held} of $${limit}`,
  );
  note(`cap, ${where}: calls at full length`, whole, '10 at most, the last ones may be shortened');
  note(`cap, ${where}: spent + held over the limit, $`, Math.max(0, spent + held - limit), '0');
  note(`cap, ${where}: money unaccounted for, $`, Math.abs(spent - reported) < 1e-9 ? 0 : spent - reported, '0');
}

/** Five budgets on every call, one of them the same for all: taken in turns with calls that have none. */
async function budgetLoad(note: Note, url: string, providerUrl: string): Promise<void> {
  console.log('\nplain calls per second with five budgets on every call');
  const target = (client: string, name: string) => ({
    name,
    url: `${url}/v1/chat/completions`,
    headers: {
      ...auth,
      'x-client-id': client,
      'x-project': `${client}-project`,
      'x-scenario-id': `${client}-scenario`,
      'x-scenario-platform': 'make',
    },
  });
  for (const scope of [
    { client_id: 'budgeted' },
    { project: 'budgeted-project' },
    { scenario_id: 'budgeted-scenario' },
    { client_id: 'budgeted', project: '*' },
    { client_id: 'budgeted', scenario_id: '*' },
  ])
    await send(url, 'POST', '/v1/budgets', { name: JSON.stringify(scope), limit_usd: 1_000_000, scope });
  const rates: Record<string, number[]> = { free: [], budgeted: [] };
  for (const client of ['free', 'budgeted']) await callsPerSecond(target(client, client), 3);
  for (let round = 0; round < 4; round++)
    for (const client of ['free', 'budgeted']) rates[client]?.push(await callsPerSecond(target(client, client), 4));
  const [free, budgeted] = ['free', 'budgeted'].map((client) => percentile(rates[client] ?? [], 50)) as [
    number,
    number,
  ];
  console.log(`  without: ${free.toFixed(0)}, with five: ${budgeted.toFixed(0)}`);
  note('plain calls/s with five budgets ÷ without', budgeted / free, '≥ 0.85');
  note('load of the calls with budgets alone ÷ gateway', (await loadAlone(providerUrl)) / free, '≥ 2');
}

/** The rate of the load generator where the other end answers at once. */
function loadAlone(providerUrl: string): Promise<number> {
  return callsPerSecond({ name: 'provider, direct', url: `${providerUrl}/v1/chat/completions`, headers: {} }, 4);
}

async function checks(note: Note, url: string, providerUrl: string): Promise<void> {
  console.log('\nbudgets/check');
  const path = `${url}/v1/budgets/check?client_id=budgeted&project=budgeted-project&scenario_id=budgeted-scenario&model=gpt-4o`;
  await autocannon({ url: path, headers: auth, connections: 32, duration: 2 });
  const most = await autocannon({ url: path, headers: auth, connections: 32, duration: 6 });
  if (most.non2xx > 0) throw new Error(`${most.non2xx} checks were refused`);
  // Evenly spread: the load generator's own rate comes as a burst at every full second.
  const steady = await latencies(
    { name: 'checks', url: path, headers: auth, method: 'GET' },
    { perSecond: 500, seconds: 9 },
  );
  note('budgets/check, a second', most.requests.average, '≥ 3000');
  note('load of the checks alone ÷ budgets/check', (await loadAlone(providerUrl)) / most.requests.average, '≥ 2');
  note('budgets/check p99 at 500/s, ms', percentile(steady, 99), '≤ 10');
}

/** Calls come at 500 a second; budgets are made so that each crosses a threshold soon, again and again. */
async function alerts(note: Note, url: string): Promise<void> {
  console.log('\nthreshold crossed → webhook received, under 500 calls/s');
  const receiver = await startReceiver();
  await send(url, 'POST', '/v1/webhooks', {
    url: receiver.url,
    events: ['budget.threshold_reached', 'budget.exceeded'],
  });
  const load = autocannon({
    url: `${url}/v1/chat/completions`,
    method: 'POST',
    headers: { ...auth, 'content-type': 'application/json', 'x-client-id': 'background' },
    body: plainBody,
    connections: 16,
    duration: 25,
    overallRate: 500,
  });
  const delays: number[] = [];
  await sleep(1_000);
  for (let i = 0; i < 60; i++) {
    const client = `alert-${i}`;
    // A call costs $0.0001325 and takes the budget from zero past 80 %.
    await send(url, 'POST', '/v1/budgets', {
      name: client,
      limit_usd: 0.00016,
      on_limit: 'notify',
      scope: { client_id: client },
    });
    const before = receiver.received.length;
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...auth, 'content-type': 'application/json', 'x-client-id': client },
      body: plainBody,
    });
    await response.text();
    const crossedMs = Date.now();
    await receiver.waitFor(before + 1, 10_000);
    delays.push(Math.max(0, (receiver.received[before]?.atMs ?? 0) - crossedMs));
    await sleep(300);
  }
  const background = await load;
  await receiver.stop();
  // A load that is late would make its own figure: it is asked for 500 a second.
  note('load under the webhooks, calls/s', background.requests.average, '500 asked for');
  note('threshold → webhook p50, ms', percentile(delays, 50), '(p99 counts)');
  note('threshold → webhook p99, ms', percentile(delays, 99), '≤ 1000');
}
