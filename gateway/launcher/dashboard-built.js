import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Everything that the dashboard is bundled from. The versions of its packages are in its package.json, exactly. */
const sources = [
  'gateway/dashboard/build.ts',
  'gateway/dashboard/index.html',
  'gateway/dashboard/package.json',
  'gateway/dashboard/portal.html',
  'gateway/dashboard/src',
  'gateway/dashboard/vite.config.ts',
  'shared/package.json',
  'shared/src',
];

/** Beside the built files: what they were built from. */
export const builtFromFile = 'built-from.txt';

/** The content of all sources, as one word. @param {string} root */
export function dashboardFingerprint(root) {
  const hash = createHash('sha256');
  for (const path of sources.flatMap((source) => filesIn(root, source)).sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

/** Is the dashboard built from the sources that are there now? @param {string} root */
export function isDashboardBuilt(root, fingerprint = dashboardFingerprint(root)) {
  const stamp = join(root, 'gateway/dashboard/dist', builtFromFile);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
}

/** @param {string} root @param {string} source */
function filesIn(root, source) {
  const path = join(root, source);
  if (!existsSync(path)) return [];
  if (/\.\w+$/.test(source)) return [source];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}
