import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './elsewhere.ts';

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));
/** Debian's nginx is in /usr/sbin, which the PATH of others than root leaves out. */
const env = { ...process.env, PATH: [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter) };

/** A proxy as its own process, with the configuration that we ship. */
export interface ProxyProcess {
  /** Where it listens, by its address; `name` is what the configuration calls it. */
  url: string;
  port: number;
  name: string;
  stop(): Promise<void>;
}

/** Is the program here? Says in one line when it is not, so that nobody takes what is left out for passed. */
export function isInstalled(program: string, args: readonly string[], whatIsLeftOut: string): boolean {
  try {
    execFileSync(program, args, { env, stdio: 'ignore' });
    return true;
  } catch {
    console.log(`${program} is not installed: ${whatIsLeftOut} is not tested.`);
    return false;
  }
}

/** The name in the files of `deploy/`. */
export const domain = 'gateway.example.com';

/** A file of `deploy/`, with every text of `changes` replaced; one that is not in it is a fault of the test. */
export function shipped(file: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(deploy, file), 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`deploy/${file} does not say ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** `deploy/nginx.conf` before a gateway on this port; `changes` go on top of the two ports. */
export async function startNginx(
  gatewayPort: number,
  changes: Readonly<Record<string, string>> = {},
): Promise<ProxyProcess> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-nginx-'));
  const text = shipped('nginx.conf', {
    '127.0.0.1:8787;': `127.0.0.1:${gatewayPort};`,
    'listen 80;': `listen ${port};`,
    ...foldersOf(folder),
    ...changes,
  });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  // Messages of the init system, which do not concern the configuration.
  const globals = `daemon off; pid ${folder}/nginx.pid; error_log stderr;`;
  return started('nginx', ['-c', file, '-g', globals], { port, folder });
}

/** Debian's nginx wants to make folders in /var/lib/nginx as it starts, which root alone may do. */
function foldersOf(folder: string): Record<string, string> {
  if (process.getuid?.() === 0) return {};
  const lines = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `${use}_temp_path ${folder}/${use};`);
  return { 'http {': `http {\n${lines.join('\n')}` };
}

/**
 * `deploy/Caddyfile` before a gateway on this port: without https, as the file says, or with it on the port of `https`, where the
 * options that say so come before the file.
 */
export async function startCaddy(
  gatewayPort: number,
  https?: { port: number; options: string },
): Promise<ProxyProcess> {
  const port = https?.port ?? (await freePort());
  const site = https === undefined ? { DOMAIN: `http://${domain}:${port}` } : {};
  const settings = { GATEWAY: `127.0.0.1:${gatewayPort}`, ...site };
  return startCaddyWith((https?.options ?? '') + shipped('Caddyfile', {}), port, settings);
}

/** Caddy with this Caddyfile, which listens on this port. */
export async function startCaddyWith(
  caddyfile: string,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<ProxyProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-caddy-'));
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, caddyfile);
  return started('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { port, folder, settings });
}

async function started(
  program: string,
  args: readonly string[],
  { port, folder, settings = {} }: { port: number; folder: string; settings?: Record<string, string> },
): Promise<ProxyProcess> {
  const child = spawn(program, args, {
    // Caddy keeps certificates in its home, and takes a port for its own administration.
    env: {
      ...env,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      CADDY_ADMIN: `unix/${folder}/admin`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (const until = Date.now() + 10_000; !(await listens(port)); await sleep(25)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${program} does not start:\n${output}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    name: domain,
    stop: async () => {
      stopNow(child);
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** SIGTERM ends nginx without waiting for connections, and Caddy after a moment. */
function stopNow(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
