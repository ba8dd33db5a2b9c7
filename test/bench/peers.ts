import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskFolder } from '../support/data-folder.ts';
import { type LoadTarget, latencies, percentile, plainBody } from './load.ts';
import { freePort, lineOf, untilOpen } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

/** As its documentation starts it: `pip install 'litellm[proxy]'`, `litellm --config config.yaml` (docs.litellm.ai, "Quick Start"). */
const litellmVersion = '1.108.7';
const rounds = 3;
const seconds = 8;

interface Peer {
  name: string;
  target: LoadTarget;
  child: ChildProcess;
}

interface Row {
  name: string;
  perSecond: number;
  p50: number;
  p99: number;
  megabytes: number;
}

/**
 * The gateway as `npm start` starts it, LiteLLM and Portkey beside each other in one run. All processes of each share one core; the load
 * (`wrk`) and an `nginx` in the vendor's place have the other.
 */
export async function peerFigures(note: Note): Promise<void> {
  const missing = ['wrk', 'nginx', 'taskset', 'python3'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (process.platform !== 'linux' || missing.length > 0) {
    console.log(`\npeers: left out, since ${missing.join(', ') || 'Linux'} is missing`);
    return;
  }
  const litellm = installLitellm();
  const folder = diskFolder('bench-peers');
  const children: ChildProcess[] = [];
  const onCore: OnCore = (core, command, args, { env = {}, isListening = false } = {}) => {
    const child = spawn('taskset', ['-c', String(core), command, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
      // While `wrk` runs nobody reads a pipe: LiteLLM writes a line a call, and stops for good once the pipe is full.
      stdio: ['ignore', isListening ? 'pipe' : 'ignore', 'ignore'],
      detached: true,
    });
    children.push(child);
    return child;
  };
  spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)]);
  try {
    const vendor = await startNginx(folder, onCore);
    const direct: LoadTarget = { name: 'direct', url: `${vendor}/v1/chat/completions`, headers: {} };
    const start = starters({ folder, vendor, litellm, onCore });
    const rows: Row[] = [];
    const base = await latencies(direct, { perSecond: 50, seconds });
    const alone = wrk(direct);
    for (const name of Object.keys(start) as (keyof typeof start)[]) {
      const peer = await start[name]?.();
      if (peer === undefined) continue;
      rows.push(await measure(peer, base));
      await stop(peer.child);
    }
    print(rows, alone);
    const of = (name: string): number => rows.find((row) => row.name === name)?.perSecond ?? Number.NaN;
    const ours = rows.find(({ name }) => name === 'AI Gateway');
    if (of('LiteLLM') === 0) console.log('  LiteLLM answered nothing at 32 connections, so that there is no ratio');
    else note('one core each: calls/s ÷ LiteLLM', of('AI Gateway') / of('LiteLLM'), '≥ 100');
    note('one core each: calls/s ÷ Portkey', of('AI Gateway') / of('Portkey'), '≥ 5');
    note('one core each: calls/s ÷ a bare Node proxy', of('AI Gateway') / of('bare Node proxy'), '≥ 0.5');
    note('one core each: added p50 at 50/s, ms', ours?.p50 ?? Number.NaN, '≤ 1');
    note('one core each: added p99 at 50/s, ms', ours?.p99 ?? Number.NaN, '≤ 3');
    note('load of the peers alone ÷ AI Gateway', alone / of('AI Gateway'), '≥ 2');
  } finally {
    spawnSync('taskset', ['-a', '-cp', '0-1023', String(process.pid)]);
    await Promise.all(children.map(stop));
    rmSync(folder, { recursive: true, force: true });
  }
}

type OnCore = (
  core: number,
  command: string,
  args: string[],
  /** `isListening`: its output is read until it is ready. */
  options?: { env?: Record<string, string>; isListening?: boolean },
) => ChildProcess;

function starters(options: { folder: string; vendor: string; litellm: string | undefined; onCore: OnCore }) {
  const { folder, vendor, litellm, onCore } = options;
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const path = '/v1/chat/completions';
  return {
    bare: async (): Promise<Peer> => {
      const child = onCore(0, process.execPath, [here('bare-proxy.ts'), vendor], { isListening: true });
      const { port } = JSON.parse(await lineOf(child, /^\{"port":\d+\}$/)) as { port: number };
      const target = { name: 'bare Node proxy', url: `http://127.0.0.1:${port}${path}`, headers: {} };
      return { name: target.name, target, child };
    },
    ours: async (): Promise<Peer> => {
      const key = `gw_live_${randomBytes(24).toString('hex')}`;
      const env = {
        PORT: '0',
        DATA_DIR: join(folder, 'data'),
        OPENAI_API_KEY: 'sk-bench',
        OPENAI_BASE_URL: `${vendor}/v1`,
        GATEWAY_BOOTSTRAP_KEY: key,
      };
      const child = onCore(0, process.execPath, [here('../../gateway/bin/launch.js'), 'start'], {
        env,
        isListening: true,
      });
      const url = /ready at (\S+)/.exec(await lineOf(child, /is ready at/))?.[1] ?? '';
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      // The load is a loop, and the loop breaker would say so.
      await fetch(`${url}/v1/scenarios/*/limits`, {
        method: 'PUT',
        headers,
        body: JSON.stringify({ max_usd_per_hour: null, max_calls_per_minute: null, max_repeats: null }),
      });
      return {
        name: 'AI Gateway',
        target: { name: 'AI Gateway', url: url + path, headers: { ...headers, 'x-client-id': 'acme' } },
        child,
      };
    },
    portkey: async (): Promise<Peer> => {
      const port = await freePort();
      const entry = createRequire(import.meta.url).resolve('@portkey-ai/gateway/package.json');
      const script = join(dirname(entry), 'build', 'start-server.js');
      const child = onCore(0, process.execPath, [script, `--port=${port}`, '--headless'], {
        env: { NODE_ENV: 'production' },
      });
      await untilOpen(port);
      const headers = {
        authorization: 'Bearer sk-bench',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${vendor}/v1`,
      };
      return {
        name: 'Portkey',
        target: { name: 'Portkey', url: `http://127.0.0.1:${port}${path}`, headers },
        child,
      };
    },
    litellm: async (): Promise<Peer | undefined> => {
      if (litellm === undefined) return undefined;
      const port = await freePort();
      const config = join(folder, 'config.yaml');
      writeFileSync(
        config,
        `model_list:\n  - model_name: gpt-4o\n    litellm_params:\n      model: openai/gpt-4o\n      api_base: ${vendor}/v1\n      api_key: sk-bench\n`,
      );
      const key = `sk-${randomBytes(24).toString('hex')}`;
      const given = ['--config', config, '--port', String(port), '--host', '127.0.0.1'];
      // Its prices come with the package; by default it asks GitHub for newer ones first.
      const env = { LITELLM_MASTER_KEY: key, LITELLM_LOCAL_MODEL_COST_MAP: 'True' };
      const child = onCore(0, litellm, given, { env });
      await untilAnswers(`http://127.0.0.1:${port}/health/liveliness`);
      return {
        name: 'LiteLLM',
        target: {
          name: 'LiteLLM',
          url: `http://127.0.0.1:${port}${path}`,
          headers: { authorization: `Bearer ${key}` },
        },
        child,
      };
    },
  };
}

async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} does not answer`);
}

async function measure({ name, target, child }: Peer, base: readonly number[]): Promise<Row> {
  wrk(target, 3);
  const rates = Array.from({ length: rounds }, () => wrk(target));
  const megabytes = treeOf(child.pid ?? 0).reduce((sum, pid) => sum + memoryOf(pid), 0);
  const times = await latencies(target, { perSecond: 50, seconds });
  return {
    name,
    perSecond: percentile(rates, 50),
    p50: percentile(times, 50) - percentile(base, 50),
    p99: percentile(times, 99) - percentile(base, 99),
    megabytes,
  };
}

/** Calls a second over 32 connections. Throws where one of them is refused. */
function wrk(target: LoadTarget, duration = seconds): number {
  const headers = { 'content-type': 'application/json', ...target.headers };
  const script = join(tmpdir(), `ai-gateway-wrk-${process.pid}.lua`);
  const lines = Object.entries(headers).map(
    ([key, value]) => `wrk.headers[${JSON.stringify(key)}] = ${JSON.stringify(value)}`,
  );
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = ${JSON.stringify(plainBody)}\n${lines.join('\n')}\n`);
  const args = ['-t1', '-c32', `-d${duration}s`, '--timeout', '20s', '-s', script, target.url];
  const { stdout } = spawnSync('taskset', ['-c', '1', 'wrk', ...args], { encoding: 'utf8' });
  rmSync(script, { force: true });
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1];
  if (refused !== undefined) throw new Error(`${target.name}: ${refused} refusals`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function startNginx(folder: string, onCore: OnCore): Promise<string> {
  const port = await freePort();
  const answer = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_795_500_000,
    model: 'gpt-4o-2024-08-06',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'A short answer.' }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 21, completion_tokens: 8, total_tokens: 29 },
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null; ${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http { access_log off; keepalive_requests 10000000; ${temporary.join(' ')}
  server { listen 127.0.0.1:${port};
    location / { default_type application/json; return 200 '${answer}'; } } }\n`,
  );
  onCore(1, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder]);
  await untilOpen(port);
  return `http://127.0.0.1:${port}`;
}

/** In a virtual environment that later runs find again. Undefined where PyPI cannot be reached, which is said. */
function installLitellm(): string | undefined {
  const folder = join(tmpdir(), `ai-gateway-litellm-${litellmVersion}`);
  const program = join(folder, 'bin', 'litellm');
  if (existsSync(program)) return program;
  console.log('\nInstalling LiteLLM, once …');
  spawnSync('python3', ['-m', 'venv', folder]);
  const pip = spawnSync(join(folder, 'bin', 'pip'), ['install', '-q', `litellm[proxy]==${litellmVersion}`], {
    encoding: 'utf8',
  });
  if (pip.status === 0 && existsSync(program)) return program;
  console.log(`LiteLLM is left out, since it cannot be installed: ${pip.stderr?.trim().split('\n').at(-1) ?? ''}`);
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}

function treeOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** In MB, what is shared counted in parts. */
function memoryOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGTERM');
  await gone;
}

function print(rows: readonly Row[], alone: number): void {
  console.log(`\npeers, each on one core, load and vendor on the other (load alone: ${alone.toFixed(0)} calls/s)`);
  console.log('  | | calls/s | added p50, ms | added p99, ms | memory, MB |\n  | --- | --- | --- | --- | --- |');
  for (const { name, perSecond, p50, p99, megabytes } of rows)
    console.log(
      `  | ${name} | ${perSecond.toFixed(0)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${megabytes.toFixed(0)} |`,
    );
}
