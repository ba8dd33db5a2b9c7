import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ClientProgram } from './client-program.ts';
import { cacheFolder, clientsWanted, install, notWanted, root, run, type Tool, versionOf } from './run-tool.ts';

const pythonFolder = join(root, 'test/clients/python');

/**
 * A virtual environment with what `NAME.txt` pins, made once for each content of that file. uv installs it in three seconds,
 * where pip takes twenty-five.
 */
export async function pythonEnvironment(name: string): Promise<Tool<{ python: string }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  const found = versionOf('python3', '--version');
  const minor = Number(/^Python 3\.(\d+)/.exec(found ?? '')?.[1] ?? 0);
  if (minor < 11) return { there: false, reason: `it needs Python 3.11 or newer, found ${found ?? 'none'}` };
  const uv = await environment('uv', (python, pins) => [
    python,
    ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--retries=1', '--timeout=20', '-r', pins],
  ]);
  if (!uv.there) return uv;
  const installer = join(uv.python, '../uv');
  return environment(name, (python, pins) => [
    installer,
    ['pip', 'install', '--quiet', '--require-hashes', '--no-deps', '--python', python, '-r', pins],
  ]);
}

async function environment(
  name: string,
  command: (python: string, pins: string) => [string, string[]],
): Promise<Tool<{ python: string }>> {
  const pins = join(pythonFolder, `${name}.txt`);
  const folder = cacheFolder(`python-${name}`, pins);
  const done = { there: true, python: join(folder, 'bin/python') } as const;
  if (isInstalled(folder)) return done;
  mkdirSync(dirname(folder), { recursive: true });
  // Several test files may install it at once, each in a folder of its own, where its programs expect it for ever.
  const own = mkdtempSync(`${folder}-`);
  const made = await run('python3', ['-m', 'venv', ...(name === 'uv' ? [] : ['--without-pip']), own]);
  if (made.code !== 0)
    return { there: false, reason: `python3 -m venv fails: ${(made.out + made.err).trim().split('\n')[0]}` };
  const installed = await install('PyPI', ...command(join(own, 'bin/python'), pins));
  if (!installed.there) {
    rmSync(own, { recursive: true, force: true });
    return installed;
  }
  writeFileSync(join(own, 'installed'), '');
  publish(own, folder);
  return done;
}

const isInstalled = (folder: string): boolean => existsSync(join(folder, 'installed'));

/** `folder` leads to the installation that was ready first. */
function publish(own: string, folder: string): void {
  // One whose target is gone, or that an older version of this file began.
  if (!isInstalled(folder)) rmSync(folder, { recursive: true, force: true });
  try {
    symlinkSync(basename(own), folder);
  } catch (error) {
    if (!isInstalled(folder)) throw error;
    rmSync(own, { recursive: true, force: true });
  }
}

/** Programs of the folder test/clients/python, by name and file, run in an environment. */
export function pythonPrograms(
  environment: Tool<{ python: string }>,
  files: Readonly<Record<string, string>>,
): Tool<{ programs: ClientProgram[] }> {
  if (!environment.there) return environment;
  const { python } = environment;
  const programs = Object.entries(files).map(([name, file]) => {
    const source = join(pythonFolder, file);
    return { name, source, run: (env: Record<string, string>) => run(python, [source], { env: { ...env, ...quiet } }) };
  });
  return { there: true, programs };
}

/** LiteLLM otherwise asks GitHub for prices when it is imported. */
const quiet = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', PYTHONDONTWRITEBYTECODE: '1' };
