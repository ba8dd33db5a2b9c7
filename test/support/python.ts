import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
  const python = join(folder, 'bin/python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return { there: true, python };
  rmSync(folder, { recursive: true, force: true });
  const made = await run('python3', ['-m', 'venv', ...(name === 'uv' ? [] : ['--without-pip']), folder]);
  if (made.code !== 0)
    return { there: false, reason: `python3 -m venv fails: ${(made.out + made.err).trim().split('\n')[0]}` };
  const installed = await install('PyPI', ...command(python, pins));
  if (!installed.there) return installed;
  await run('touch', [done]);
  return { there: true, python };
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
