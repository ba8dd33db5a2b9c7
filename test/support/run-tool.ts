import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tools of another language that a test needs: present, or left out for a reason that the test's name gives. */
export type Tool<T> = ({ there: true } & T) | { there: false; reason: string };

/** These tests install hundreds of megabytes from the registries of other languages, so they run in CI or when asked for. */
export const clientsWanted = process.env.CI === 'true' || process.env.CLIENTS !== undefined;
export const notWanted = 'it installs packages for a minute; CI=true or CLIENTS=1 asks for it';

/** A folder for what is installed, ignored by git and named for the content of the files that say what is in it. */
export function cacheFolder(name: string, ...files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return join(root, 'node_modules/.cache/clients', `${name}-${hash.digest('hex').slice(0, 12)}`);
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** For a command that speaks to this machine alone: no proxy of the person who runs the test. */
export const noProxy = { NO_PROXY: '*', no_proxy: '*' } as const;
/** For one whose messages a test reads as well: not in that person's language. */
export const plainEnv = { ...noProxy, LC_ALL: 'C' } as const;

/** The first of these commands that is not there. */
export function missingOf(...commands: string[]): string | undefined {
  return commands.find((command) => versionOf(command, '--version') === undefined);
}

/** The first line a command prints of its version, or undefined where the command is not there. */
export function versionOf(command: string, ...args: string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim().split('\n')[0] : undefined;
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject).once('close', (code) => resolve({ code, out, err }));
  });
}

/**
 * Runs an installer. A registry that does not answer is a reason to leave the test out; anything else that goes wrong is a fault.
 */
export async function install(
  registry: string,
  ...command: Parameters<typeof run>
): Promise<{ there: true } | { there: false; reason: string }> {
  const { code, out, err } = await run(...command);
  if (code === 0) return { there: true };
  if (networkFault.test(out + err)) return { there: false, reason: `${registry} does not answer` };
  throw new Error(`${command[0]} ${command[1].join(' ')} ended with ${code}:\n${out.slice(-4000)}${err.slice(-4000)}`);
}

/** In the words of pip, uv, npm, Go, Cargo and Maven. */
const networkFault =
  /from versions: none|error sending request|dns error|failed to lookup|no such host|dial tcp|i\/o timeout|[Cc]ould not (resolve|connect)|[Cc]ouldn't connect|Connection (refused|timed out|reset)|Unknown host|UnknownHost|Could not transfer|network is unreachable|Failed to connect|spurious network error|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN(REFUSED|RESET)/;
