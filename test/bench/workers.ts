import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { dataFolder } from '../support/data-folder.ts';
import { callsPerSecond, type LoadTarget, percentile } from './load.ts';
import { type BenchGateway, cpuSecondsOf, startGateway, startScript } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

const key = `gw_live_${randomBytes(24).toString('hex')}`;
const rounds = 5;
const roundSeconds = 4;
/** Each worker compiles its code for itself, so two take twice the calls until they are warm. */
const warmSeconds = { one: 5, two: 10 };

/**
 * One worker and two, in turn against one provider. Calls a second of CPU time say how far one more core carries, independently
 * of the machine's other work; calls a second are printed beside those of a bare proxy, which is one process.
 */
export async function workerFigures(note: Note, providerUrl: string): Promise<void> {
  console.log('\none worker and two, plain calls over 32 connections');
  const folders = { one: dataFolder('bench-one-worker'), two: dataFolder('bench-two-workers') };
  const start = (workers: keyof typeof folders): Promise<BenchGateway> =>
    startGateway({
      PORT: '0',
      DATA_DIR: folders[workers],
      LOG_LEVEL: 'warn',
      WORKERS: workers === 'one' ? '1' : '2',
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_BASE_URL: `${providerUrl}/v1`,
      GATEWAY_BOOTSTRAP_KEY: key,
    });
  const gateways = { one: await start('one'), two: await start('two') };
  try {
    for (const { url } of Object.values(gateways)) await prepare(url);
    const measured = { one: [] as Measured[], two: [] as Measured[] };
    for (const workers of ['one', 'two'] as const) await measure(gateways[workers], warmSeconds[workers]);
    for (let round = 0; round < rounds; round++)
      for (const workers of ['one', 'two'] as const)
        measured[workers].push(await measure(gateways[workers], roundSeconds));
    const median = (workers: keyof typeof measured, of: keyof Measured): number =>
      percentile(
        measured[workers].map((one) => one[of]),
        50,
      );
    for (const workers of ['one', 'two'] as const)
      console.log(
        `  ${workers}: ${median(workers, 'perSecond').toFixed(0)} calls/s, ${median(workers, 'perBusiestSecond').toFixed(0)} a second of CPU of the busiest process, ${median(workers, 'cpuMicros').toFixed(1)} µs of CPU a call`,
      );
    note(
      'calls a second of CPU of the busiest process, two workers ÷ one',
      median('two', 'perBusiestSecond') / median('one', 'perBusiestSecond'),
      '≥ 1.8',
    );
    note(
      'CPU a call over all gateway processes, two workers ÷ one',
      median('two', 'cpuMicros') / median('one', 'cpuMicros'),
      '≤ 1.05',
    );
    await besideBareProxy(note, gateways.two, providerUrl);
  } finally {
    for (const gateway of Object.values(gateways)) await gateway.stop();
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
  }
}

async function besideBareProxy(note: Note, gateway: BenchGateway, providerUrl: string): Promise<void> {
  const bare: LoadTarget = {
    name: 'bare proxy',
    url: `http://127.0.0.1:${await startScript('bare-proxy.ts', providerUrl)}/v1/chat/completions`,
    headers: { authorization: 'Bearer sk-bench' },
  };
  const targets = { bare, gateway: targetOf(gateway.url) };
  const rates = { bare: [] as number[], gateway: [] as number[] };
  await callsPerSecond(bare, 3);
  for (let round = 0; round < rounds; round++)
    for (const name of ['bare', 'gateway'] as const)
      rates[name].push(await callsPerSecond(targets[name], roundSeconds));
  console.log(
    `  bare proxy: ${percentile(rates.bare, 50).toFixed(0)} calls/s, two workers: ${percentile(rates.gateway, 50).toFixed(0)}`,
  );
  note(
    "plain calls/s ÷ bare proxy on undici's dispatch, two workers on two cores",
    percentile(rates.gateway, 50) / percentile(rates.bare, 50),
    '≥ 0.5',
  );
}

interface Measured {
  perSecond: number;
  perBusiestSecond: number;
  cpuMicros: number;
}

async function measure(gateway: BenchGateway, seconds: number): Promise<Measured> {
  const pids = [gateway.pid, ...workersOf(gateway.pid)];
  const before = pids.map(cpuSecondsOf);
  const perSecond = await callsPerSecond(targetOf(gateway.url), seconds);
  const spent = pids.map((pid, i) => cpuSecondsOf(pid) - (before[i] ?? 0));
  const calls = perSecond * seconds;
  const all = spent.reduce((sum, one) => sum + one, 0);
  return { perSecond, perBusiestSecond: calls / Math.max(...spent), cpuMicros: (all / calls) * 1e6 };
}

/** Its children but the embedded Postgres. */
function workersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => child > 0 && !readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('postgres'));
}

function targetOf(url: string): LoadTarget {
  return {
    name: 'gateway',
    url: `${url}/v1/chat/completions`,
    headers: {
      authorization: `Bearer ${key}`,
      'x-client-id': 'acme',
      'x-scenario-id': '42',
      'x-scenario-platform': 'make',
    },
  };
}

/** No loop breaker, since the load is a loop. */
async function prepare(url: string): Promise<void> {
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  };
  await send('PUT', '/v1/scenarios/*/limits', {
    max_usd_per_hour: null,
    max_calls_per_minute: null,
    max_repeats: null,
  });
}
