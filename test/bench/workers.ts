import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { diskFolder } from '../support/data-folder.ts';
import { callsPerSecond, type LoadTarget, percentile, plainBody } from './load.ts';
import { type BenchGateway, cpuSecondsOf, startGateway, startScriptProcess } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

const key = `gw_live_${randomBytes(24).toString('hex')}`;
const rounds = 5;
const roundSeconds = 3;
/** Each worker compiles its code for itself, so two take twice the calls until they are warm. */
const warmSeconds = { one: 5, two: 10 };

/** One of the things that are measured in turn. */
interface Runner {
  load: LoadTarget;
  connections: number;
  /** Its processes, without Postgres. */
  pids: number[];
}

/** Enough that each of two workers has a full batch: 32 for each. */
const connections = 64;

/**
 * One worker and two, in turn against one provider. Calls a second of CPU time say how far one more core carries. A bare proxy in one
 * process and in two is the control: its processes share nothing, but each wakes up for half the work, and they take turns on the
 * same cores. Few connections are printed too: two workers then share among half as many calls what a batch costs.
 */
export async function workerFigures(note: Note, providerUrl: string): Promise<void> {
  console.log(`\none worker and two, plain calls over ${connections} connections`);
  const folders = { one: diskFolder('bench-one-worker'), two: diskFolder('bench-two-workers') };
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
    const one = runnerOf(gateways.one);
    const two = runnerOf(gateways.two);
    const runners = {
      'bare proxy, one process': await startBare(providerUrl, 1),
      'bare proxy, two processes': await startBare(providerUrl, 2),
      'one worker': one,
      'two workers': two,
      'one worker, 32 connections': { ...one, connections: 32 },
      'two workers, 32 connections': { ...two, connections: 32 },
    };
    await measure(one, warmSeconds.one);
    await measure(two, warmSeconds.two);
    const measured = await measureInTurn(runners);
    const ratio = (of: keyof Measured, name: keyof typeof runners, to: keyof typeof runners): number =>
      measured[name][of] / measured[to][of];
    for (const [control, name, to] of [
      ['two bare proxies ÷ one', 'bare proxy, two processes', 'bare proxy, one process'],
      ['two workers ÷ one over 32 connections', 'two workers, 32 connections', 'one worker, 32 connections'],
    ] as const)
      console.log(
        `  beside it, ${control}: ${ratio('perBusiestSecond', name, to).toFixed(2)} × the calls a second of CPU of the busiest process, ${ratio('cpuMicros', name, to).toFixed(2)} × the CPU a call`,
      );
    note(
      'calls a second of CPU of the busiest process, two workers ÷ one',
      ratio('perBusiestSecond', 'two workers', 'one worker'),
      '≥ 1.8',
    );
    note(
      'CPU a call over all gateway processes, two workers ÷ one',
      ratio('cpuMicros', 'two workers', 'one worker'),
      '≤ 1.05',
    );
    note(
      "plain calls/s ÷ bare proxy on undici's dispatch, two workers on two cores",
      ratio('perSecond', 'two workers', 'bare proxy, one process'),
      '≥ 0.5',
    );
  } finally {
    for (const gateway of Object.values(gateways)) await gateway.stop();
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
  }
}

function runnerOf({ url, pid }: BenchGateway): Runner {
  return { load: targetOf(url), connections, pids: [pid, ...workersOf(pid)] };
}

async function startBare(providerUrl: string, processes: number): Promise<Runner> {
  const { port, pid = 0 } = await startScriptProcess('bare-proxy.ts', providerUrl, String(processes));
  const load: LoadTarget = {
    name: 'bare proxy',
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { authorization: 'Bearer sk-bench' },
  };
  const runner = { load, connections, pids: [pid, ...workersOf(pid)] };
  await measure(runner, roundSeconds);
  return runner;
}

interface Measured {
  perSecond: number;
  perBusiestSecond: number;
  cpuMicros: number;
}

/** The medians of some rounds, in each of which every one has its turn. */
async function measureInTurn<Name extends string>(runners: Record<Name, Runner>): Promise<Record<Name, Measured>> {
  const all = Object.entries<Runner>(runners).map(([name, runner]) => ({ name, runner, rounds: [] as Measured[] }));
  for (let round = 0; round < rounds; round++)
    for (const one of all) one.rounds.push(await measure(one.runner, roundSeconds));
  const medians = all.map(({ name, rounds }) => {
    const median = (of: keyof Measured): number =>
      percentile(
        rounds.map((round) => round[of]),
        50,
      );
    const [perSecond, perBusiestSecond, cpuMicros] = [
      median('perSecond'),
      median('perBusiestSecond'),
      median('cpuMicros'),
    ];
    console.log(
      `  ${name}: ${perSecond.toFixed(0)} calls/s, ${perBusiestSecond.toFixed(0)} a second of CPU of the busiest process, ${cpuMicros.toFixed(1)} µs of CPU a call`,
    );
    return [name, { perSecond, perBusiestSecond, cpuMicros }];
  });
  return Object.fromEntries(medians) as Record<Name, Measured>;
}

async function measure({ load, connections, pids }: Runner, seconds: number): Promise<Measured> {
  const before = pids.map(cpuSecondsOf);
  const perSecond = await callsPerSecond(load, seconds, [plainBody], connections);
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
