import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The record of the installation, kept beside it: `production` is the gateway's own packages, `all` those of tests and integrations too. The production part stays the
 * same when only a test's package changes, so a start after such a change installs nothing.
 *
 * @typedef {{ production: string, all?: string, seen?: string }} Stamp `seen`: the files that `production` was read from, by their content
 */

/** @param {string} root */
const stampPath = (root) => join(root, 'node_modules', '.installed-by-launcher.json');

/**
 * @param {string} root
 * @returns {Stamp | undefined}
 */
export function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} folder that holds node_modules @param {Stamp} stamp */
export function writeStamp(folder, stamp) {
  writeFileSync(stampPath(folder), JSON.stringify(stamp));
}

/** pnpm keeps its own record: its packages are those of a developer, who has them all. @param {string} root */
export function isMadeByPnpm(root) {
  return existsSync(join(root, 'node_modules', '.modules.yaml'));
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 */
export function fingerprintOf(root, files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}
