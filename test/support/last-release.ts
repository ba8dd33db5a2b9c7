import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The version that installations in the wild run, from which they upgrade to this one: two versions beside each other, the migrations
 * and the exports are tested from it. A release moves it, and nothing else says it.
 */
const lastRelease = 'd2e1062aa700b83e9f8765914b901a1f2fb16dab';

const root = fileURLToPath(new URL('../..', import.meta.url));

const git = (...args: string[]): Buffer =>
  execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });

/** Why the last release cannot be run here; undefined where it can. */
export const noLastRelease = ((): string | undefined => {
  try {
    git('cat-file', '-e', `${lastRelease}^{commit}`);
    return undefined;
  } catch {
    const reason = `the last release (${lastRelease.slice(0, 7)}) is not in the history of this clone`;
    console.log(`${reason}: an upgrade from it is not tested. git fetch --unshallow brings it.`);
    return reason;
  }
})();

/** The names of its migrations. */
export function migrationsOfLastRelease(): string[] {
  return git('ls-tree', '--name-only', lastRelease, 'gateway/sql/')
    .toString()
    .trim()
    .split('\n')
    .map((path) => path.replace(/.*\//, ''));
}

export interface Checkout {
  main: string;
  cli: string;
  remove(): void;
}

/** The last release as it was, on the packages that are installed for this version. */
export function checkOutLastRelease(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-last-release-'));
  execFileSync('tar', ['-x', '-C', folder], {
    input: git('archive', lastRelease, 'gateway', 'shared', 'package.json'),
  });
  for (const room of ['gateway', 'shared']) {
    const [installed, modules] = [join(root, room, 'node_modules'), join(folder, room, 'node_modules')];
    mkdirSync(modules);
    for (const name of readdirSync(installed).filter((one) => one !== '@ai-gateway' && !one.startsWith('.')))
      symlinkSync(join(installed, name), join(modules, name));
  }
  mkdirSync(join(folder, 'gateway/node_modules/@ai-gateway'));
  symlinkSync(join(folder, 'shared'), join(folder, 'gateway/node_modules/@ai-gateway/shared'));
  return {
    main: join(folder, 'gateway/src/main.ts'),
    cli: join(folder, 'gateway/src/cli.ts'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
