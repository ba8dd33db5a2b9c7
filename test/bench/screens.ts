import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { linkForAddress } from '../../gateway/src/people/link-for-address.ts';
import { findChromium } from '../platforms/n8n/screenshots.ts';
import { percentile, plainBody } from './load.ts';
import { type BenchGateway, startGateway, startScript } from './processes.ts';
import { addCalls, days, makeBilledCalls, makeScreenCalls } from './screen-calls.ts';
import { callsOf, dropScreenData, keepScreenData, openScreenData, type ScreenData } from './screen-data.ts';
import { get, post, signIn } from './screen-requests.ts';

type Note = (figure: string, value: number, must: string) => void;

const loads = Number(process.env.LOADS ?? 20);
const billedClients = 100;
/** `ONLY=Home,Savings` measures those screens alone. */
const only = process.env.ONLY;

/** Each screen, and a text that is on it once it is of use. */
const screens: Readonly<Record<string, string>> = {
  Home: '/app',
  Clients: '/app/clients',
  'a client': '/app/clients/client-7',
  Scenarios: '/app/scenarios',
  Budgets: '/app/budgets',
  Calls: '/app/calls',
  'Calls, failed over': '/app/calls?view=failed_over',
  Usage: '/app/usage',
  Speed: '/app/usage/speed',
  Prompts: '/app/prompts',
  Routing: '/app/routing',
  Experiments: '/app/experiments',
  Savings: '/app/savings',
  Billing: '/app/billing',
  Alerts: '/app/alerts',
  Connect: '/app/connect',
  Keys: '/app/keys',
  Settings: '/app/settings',
  Operator: '/app/operator',
};

interface Bench {
  note: Note;
  data: ScreenData;
  gateway: BenchGateway;
  /** As people open it: `http://localhost:PORT`. */
  url: string;
  client: pg.Client;
  pool: pg.Pool;
  browser: Browser;
}

/** The screens of the dashboard over ten million calls of a month and 500 clients, in a real Chromium. */
export async function screenFigures(note: Note): Promise<void> {
  const chromiumPath = findChromium();
  if (chromiumPath === undefined) {
    console.log('\nscreens: left out, there is no Chromium here');
    return;
  }
  console.log('\nscreens over the calls of a month, of 500 clients');
  const data = openScreenData();
  const { folder, key, operatorKey } = data;
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database') });
  const { host = '', port, user, password } = postgres.connection;
  const client = new pg.Client(postgres.connection as pg.ClientConfig);
  // A later statement fails with the same reason; without a listener this event would end the bench first.
  client.on('error', () => {});
  await client.connect();
  // Before a gateway is there, which would sum the hours that are still empty.
  if (data.made !== undefined) {
    data.made = await addCalls(client, data.made);
    keepScreenData(data);
  }
  const gateway = await startGateway({
    PORT: '0',
    DATA_DIR: join(folder, 'gateway'),
    DATABASE_URL: `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`,
    LOG_LEVEL: 'warn',
    GATEWAY_BOOTSTRAP_KEY: key,
    GATEWAY_OPERATOR_KEY: operatorKey,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `http://127.0.0.1:${await startScript('bench-provider.ts')}/v1`,
  });
  const pool = createPool(postgres.connection as pg.ClientConfig, { connections: 3 });
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const url = `http://localhost:${new URL(gateway.url).port}`;
    await figures({ note, data, gateway, url, client, pool, browser });
  } finally {
    await browser.close();
    await gateway.stop();
    await pool.end();
    await client.end();
    await postgres.stop();
    dropScreenData(data);
  }
}

async function figures(bench: Bench): Promise<void> {
  const { note, pool, url, browser, data } = bench;
  await fill(bench);
  const hundred = await hundredClients(bench);
  console.log(`  ${callsOf(data)} calls`);
  const cookie = await signIn(url, await linkForAddress(pool, { address: 'ada@agency.example', baseUrl: url }));
  await firstLoad(note, { browser, url, cookie });
  await latencies(bench);
  const context = await contextOf(browser, { url, cookie });
  const wanted = Object.entries(screens).filter(([name]) => only === undefined || only.split(',').includes(name));
  for (const [name, path] of wanted) {
    const seconds = (await timeScreen(context, path)) / 1000;
    note(`${name} useful, P95 of ${loads}, s`, seconds, '≤ 1');
  }
  if (only === undefined) await arrivals(bench, context);
  await context.close();
  if (only === undefined) await invoiceAll(bench, hundred);
}

async function fill({ client, pool, gateway, data }: Bench): Promise<void> {
  if (data.made !== undefined) return;
  const { rows } = await client.query('select id from workspaces limit 1');
  data.made = await makeScreenCalls(client, pool, (rows[0] as { id: string }).id);
  const body = { name: 'Workspace, a month', limit_usd: 100_000, period: 'month', scope: {} };
  await post(gateway.url, '/v1/budgets', { bearer: data.key, body });
  keepScreenData(data);
}

/** Returns the key of a new workspace with 100 clients to bill. */
async function hundredClients({ client, pool, gateway, data }: Bench): Promise<string> {
  const hundred = await post<{ id: string; live_key: string }>(gateway.url, '/v1/workspaces', {
    bearer: data.operatorKey,
    body: { name: 'A hundred clients' },
  });
  await makeBilledCalls(client, pool, { workspace: hundred.id, clients: billedClients });
  return hundred.live_key;
}

async function firstLoad(note: Note, { browser, ...signedIn }: SignedIn & { browser: Browser }): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const context = await contextOf(browser, signedIn);
    times.push(await timeOnce(await context.newPage(), '/app'));
    await context.close();
  }
  note('first load of /app, nothing in the browser’s cache, P50 of 5, s', percentile(times, 50) / 1000, '≤ 1.5');
}

/** Of a month by model, against the exact ones. */
async function latencies({ note, gateway, client, data }: Bench): Promise<void> {
  const to = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
  const from = new Date(to.getTime() - (days - 1) * 86_400_000);
  const path = `/v1/usage/latency?group_by=model&from=${from.toISOString()}&to=${to.toISOString()}`;
  const times: number[] = [];
  let rows: { model: string; total_ms: { p50: number; p95: number; p99: number } }[] = [];
  for (let i = 0; i < loads; i++) {
    const began = performance.now();
    ({ data: rows } = await get<{ data: typeof rows }>(gateway.url, path, data.key));
    times.push(performance.now() - began);
  }
  note('latency percentiles of a month by model, P50 of 20, s', percentile(times, 50) / 1000, '≤ 0.1');
  const { rows: exact } = await client.query(
    `select model, percentile_disc(array[0.5, 0.95, 0.99]) within group (order by total_ms) as ms from calls
     where created_at >= $1 and created_at < $2 and status = 'succeeded' and model like 'model-%' group by model`,
    [from, to],
  );
  const off = (exact as { model: string; ms: number[] }[]).flatMap(({ model, ms }) => {
    const found = rows.find((row) => row.model === model)?.total_ms;
    if (found === undefined) throw new Error(`no percentiles of ${model}`);
    return [found.p50, found.p95, found.p99].map((value, i) => Math.abs(value / (ms[i] ?? 0) - 1) * 100);
  });
  if (off.length !== 36) throw new Error(`${off.length} percentiles in place of 36`);
  note('latency percentiles, the furthest from exact, %', Math.max(...off), '≤ 2.5');
}

async function timeScreen(context: BrowserContext, path: string): Promise<number> {
  const page = await context.newPage();
  const times: number[] = [];
  for (let i = 0; i < loads; i++) times.push(await timeOnce(page, path));
  await page.close();
  return percentile(times, 95);
}

/** Until the page has its title and nothing on it loads. */
async function timeOnce(page: Page, path: string): Promise<number> {
  const began = performance.now();
  await page.goto(path, { waitUntil: 'commit' });
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page
    .getByText(/^Loading( …)?$/)
    .first()
    .waitFor({ state: 'detached' });
  const ms = performance.now() - began;
  const faults = await page.getByRole('alert').filter({ hasText: /\S/ }).allTextContents();
  if (faults.length > 0) throw new Error(`${path}: ${faults.join(', ')}`);
  return ms;
}

/** From a call until people see it. */
async function arrivals({ note, gateway, data: { key } }: Bench, context: BrowserContext): Promise<void> {
  const call = (): Promise<unknown> =>
    post(gateway.url, '/v1/chat/completions', { bearer: key, body: JSON.parse(plainBody) as object });
  const measure = async (page: Page, isThere: () => Promise<void>): Promise<number> => {
    const began = performance.now();
    await call();
    await isThere();
    const ms = performance.now() - began;
    await page.waitForTimeout(500);
    return ms;
  };
  const home = await context.newPage();
  await timeOnce(home, '/app');
  const figure = home
    .locator('dl div', { hasText: /^Calls/ })
    .locator('dd')
    .first();
  const onHome: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = await figure.textContent();
    onHome.push(
      await measure(home, async () => {
        for (let tries = 0; (await figure.textContent()) === before; tries++) {
          if (tries > 2_000) throw new Error('Home does not show the call');
          await sleep(10);
        }
      }),
    );
  }
  await home.close();
  const calls = await context.newPage();
  const onCalls: number[] = [];
  for (let i = 0; i < 5; i++) {
    await timeOnce(calls, '/app/calls');
    onCalls.push(await measure(calls, () => calls.getByText('1 newer call').waitFor()));
  }
  await calls.close();
  note('a call arrives on Home, the slowest of 5, s', Math.max(...onHome) / 1000, '≤ 2');
  note('a call arrives on Calls, the slowest of 5, s', Math.max(...onCalls) / 1000, '≤ 2');
}

async function invoiceAll({ note, gateway, url, browser }: Bench, ownerKey: string): Promise<void> {
  const invitation = { email: `bill-${randomBytes(4).toString('hex')}@agency.example`, role: 'member' };
  const { url: link } = await post<{ url: string }>(gateway.url, '/v1/invitations', {
    bearer: ownerKey,
    body: invitation,
  });
  const context = await contextOf(browser, { url, cookie: await signIn(url, link) });
  const page = await context.newPage();
  await timeOnce(page, '/app');
  const began = performance.now();
  await page.getByRole('link', { name: 'Billing', exact: true }).first().click();
  await page.getByRole('button', { name: /^Invoice [A-Z]/ }).click();
  await page.getByRole('button', { name: `Issue ${billedClients}`, exact: true }).click();
  for (;;) {
    const { data } = await get<{ data: unknown[] }>(gateway.url, '/v1/invoices?limit=100', ownerKey);
    if (data.length === billedClients) break;
    if (performance.now() - began > 300_000) throw new Error(`${data.length} invoices after five minutes`);
    await sleep(100);
  }
  note(`${billedClients} clients invoiced in three clicks, s`, (performance.now() - began) / 1000, '≤ 30');
  await context.close();
}

interface SignedIn {
  url: string;
  cookie: string;
}

async function contextOf(browser: Browser, { url, cookie }: SignedIn): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(60_000);
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Lax' }]);
  return context;
}
