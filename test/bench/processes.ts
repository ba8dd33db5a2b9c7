import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const children: ChildProcess[] = [];

/** A script of this folder as its own process; resolves with the port it prints. */
export async function startScript(name: string, ...args: string[]): Promise<number> {
  return (await startScriptProcess(name, ...args)).port;
}

export async function startScriptProcess(
  name: string,
  ...args: string[]
): Promise<{ port: number; pid: number | undefined }> {
  const child = run([fileURLToPath(new URL(name, import.meta.url)), ...args]);
  const { port } = JSON.parse(await lineOf(child, /^\{"port":\d+\}$/)) as { port: number };
  return { port, pid: child.pid };
}

/** CPU time a process has used, user and system; Linux only, elsewhere NaN. Its clock ticks a hundred times a second. */
export function cpuSecondsOf(pid: number | undefined): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user = '', system = ''] = fields.split(' ').slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return Number.NaN;
  }
}

export function run(args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

export function lineOf(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString();
      const found = text.split('\n').find((line) => wanted.test(line));
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`a process ended before it was ready:\n${text}`)));
  });
}

/** Until something listens there. */
export async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Resident memory in MB; Linux only, elsewhere NaN. */
function rssOf(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

export interface BenchGateway {
  url: string;
  readySeconds: number;
  /** Of the gateway itself; the launcher is its parent. */
  pid: number;
  /** Memory of the gateway itself, in MB; the launcher is its parent. */
  rss(): number;
  stop(): Promise<void>;
}

const launcher = fileURLToPath(new URL('../../gateway/bin/launch.js', import.meta.url));

/** The gateway as `npm start` starts it. */
export async function startGateway(env: Record<string, string>): Promise<BenchGateway> {
  const started = performance.now();
  const child = run([launcher, 'start'], env);
  const url = /ready at (\S+)/.exec(await lineOf(child, /is ready at/))?.[1] ?? '';
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);
  return {
    url,
    pid,
    readySeconds: (performance.now() - started) / 1000,
    rss: () => rssOf(pid),
    stop: () => {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      return gone;
    },
  };
}

export async function stopAll(): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exit;
    }),
  );
}
