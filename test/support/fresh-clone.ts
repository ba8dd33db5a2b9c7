import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { diskFolder } from './data-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Running {
  /** Its output on both streams. */
  printed(): string;
  /** Seconds from its beginning to the line that says where it is ready. */
  ready: Promise<{ url: string; seconds: number }>;
  ended: Promise<number | NodeJS.Signals>;
  /** The program alone, as a supervisor would; the processes it has started may not get the signal. */
  kill(signal: NodeJS.Signals): void;
  /** All that it has begun, too. */
  killAll(): void;
}

export interface FreshFolder {
  /** The clone, or the empty folder. */
  clone: string;
  home: string;
  /** Runs a program of the clone with nothing in its environment but PATH, the empty home and `env`. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Running;
  remove(): void;
}

/** A copy of the files without their history cannot be cloned; the tests that need it are left out there, and their names say so. */
export const canBeCloned = existsSync(join(root, '.git')) && spawnSync('git', ['--version']).status === 0;

/** HEAD of this repository as a newcomer has it: cloned, nothing installed, an empty home that knows a registry. */
export function freshClone(registry: string): FreshFolder {
  const folder = freshFolder(registry);
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, folder.clone], { stdio: 'pipe' });
  return folder;
}

/** An empty folder, and an empty home that knows a registry. */
export function freshFolder(registry: string): FreshFolder {
  const folder = diskFolder('fresh');
  const home = join(folder, 'home');
  const clone = join(folder, 'clone');
  for (const one of [home, clone]) {
    mkdirSync(one);
    chmodSync(one, 0o755);
  }
  writeFileSync(join(home, '.npmrc'), `registry=${registry}\nupdate-notifier=false\nfetch-retries=1\n`);
  return {
    clone,
    home,
    run: (program, args, env = {}) => runIn(clone, program, args, { HOME: home, ...env }),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

function runIn(cwd: string, program: string, args: readonly string[], env: Record<string, string>): Running {
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, for `killAll`.
    detached: true,
  });
  let printed = '';
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  const ready = new Promise<{ url: string; seconds: number }>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      const url = /ready at (http:\/\/\S+)/.exec(printed)?.[1];
      if (url !== undefined) resolve({ url, seconds: (performance.now() - started) / 1000 });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => reject(new Error(`it ended (${code}) before it was ready:\n${printed}`)));
  });
  // Not everybody who runs it waits for this.
  ready.catch(() => {});
  return {
    printed: () => printed,
    ready,
    ended,
    kill: (signal) => void child.kill(signal),
    killAll: () => void process.kill(-(child.pid ?? 0), 'SIGTERM'),
  };
}

/** Until nothing answers there. */
export async function untilGone(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (
      !(await fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      ))
    )
      return;
    await sleep(50);
  }
  throw new Error(`${url} still answers`);
}

/** The size of a folder on the disk, in bytes. */
export function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    bytes += lstatSync(join(folder, name)).blocks * 512;
  return bytes;
}

/** The registry that this machine is set to, when it answers; the tests that need it are left out elsewhere, and their names say so. */
export async function reachableRegistry(): Promise<string | undefined> {
  if (process.env.npm_config_offline === 'true') return undefined;
  const { stdout } = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' });
  const registry = stdout?.trim().replace(/\/$/, '');
  if (!registry?.startsWith('https://')) return undefined;
  const answer = await fetch(`${registry}/-/ping`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
  return answer?.ok ? registry : undefined;
}
