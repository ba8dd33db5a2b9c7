import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kept = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/**
 * The `bin` folder of a Python environment with these packages of PyPI, made once and kept. Undefined, with one line that says so,
 * where Python or the registry is not there; `whatIsLeftOut` is then not tested.
 */
export function pythonTools(packages: readonly string[], whatIsLeftOut: string): string | undefined {
  const name = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const folder = join(kept, `python-${name}`);
  if (existsSync(folder)) return join(folder, 'bin');
  const draft = `${folder}-${process.pid}`;
  try {
    execFileSync('python3', ['-m', 'venv', draft], { stdio: 'ignore' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--disable-pip-version-check', ...packages];
    const { status, stderr } = spawnSync(join(draft, 'bin', 'python'), pip, { encoding: 'utf8', timeout: 120_000 });
    if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
    // Programs in it name its folder in their first line, so they are begun by its Python.
    renameSync(draft, folder);
    return join(folder, 'bin');
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.log(`${packages.join(', ')} of PyPI cannot be installed (${why}): ${whatIsLeftOut} is not tested.`);
    return undefined;
  }
}
