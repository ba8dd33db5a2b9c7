import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeFolder } from './install-production.js';
import { fingerprintOf, isMadeByPnpm, writeStamp } from './installed.js';
import { runNpm } from './npm.js';
import { productionPackages, seenSources } from './production-packages.js';

const manifests = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'gateway/package.json',
  'gateway/dashboard/package.json',
  'shared/package.json',
  'test/package.json',
  'integrations/make/package.json',
  'integrations/n8n/package.json',
  'integrations/zapier/package.json',
];

/** @param {string} root */
export function everythingWanted(root) {
  return fingerprintOf(root, manifests);
}

/**
 * Installs what tests, benches and integrations need too. When that fails over an installation for production, the gateway starts as before.
 *
 * @param {string} root
 */
export async function installEverything(root) {
  const modules = join(root, 'node_modules');
  const aside = asidePath(root);
  // pnpm would empty it first, and fail afterwards when the registry is away.
  const setAside = existsSync(modules) && !isMadeByPnpm(root);
  if (setAside) {
    mkdirSync(join(root, runtimeFolder), { recursive: true });
    renameSync(modules, aside);
  }
  // Not as `packageManager`: pnpm would then want to manage itself and refuse a frozen lockfile that says nothing of it.
  const { pnpm } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).config;
  console.error(`Installing everything for tests and integrations, once: about 500 MB, with pnpm ${pnpm} …`);
  const startedAt = performance.now();
  const { code } = await runNpm(
    'npx',
    [
      '--yes',
      `pnpm@${pnpm}`,
      'install',
      '--frozen-lockfile',
      // The lockfile was checked when it was made. Asking for every package's age again costs 200 MB of metadata and a minute.
      '--trust-lockfile',
      `--reporter=${process.stderr.isTTY ? 'default' : 'append-only'}`,
    ],
    // CI=true: pnpm asks nothing.
    { cwd: root, env: { CI: 'true' }, show: true },
  );
  if (code !== 0) {
    if (setAside) putBack(root);
    throw new Error(
      `The installation failed; pnpm says why above. Is the npm registry within reach? If another user installed here before, remove node_modules first.`,
    );
  }
  rmSync(aside, { recursive: true, force: true });
  console.error(`Installed in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
  writeStamp(root, {
    production: productionPackages(root).fingerprint,
    all: everythingWanted(root),
    seen: seenSources(root),
  });
}

/** @param {string} root */
function asidePath(root) {
  return join(root, runtimeFolder, 'node_modules-for-production');
}

/** Puts the production packages back where an installation of everything failed or was cut off. @param {string} root */
export function putBack(root) {
  if (!existsSync(asidePath(root))) return;
  for (const one of ['.', 'gateway', 'gateway/dashboard', 'shared'])
    rmSync(join(root, one, 'node_modules'), { recursive: true, force: true });
  renameSync(asidePath(root), join(root, 'node_modules'));
}
