import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf } from './installed.js';
import { nodePackageFor, thisMachine } from './pinned-node.js';
import { productionLock } from './production-lock.js';

/** The files that decide on the production packages. They decide on others too, so one may change while those stay the same. */
const sources = [
  'pnpm-lock.yaml',
  'gateway/package.json',
  'shared/package.json',
  'gateway/dashboard/package.json',
  'gateway/launcher/node-packages.json',
];

/** @param {string} root */
export function seenSources(root) {
  return `${process.platform}-${process.arch} ${fingerprintOf(root, sources)}`;
}

/**
 * The packages of this machine: the gateway's, the dashboard's and shared's, and the pinned Node.
 *
 * @param {string} root
 */
export function productionPackages(root) {
  /** @type {(path: string) => any} */
  const manifestAt = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const packages = productionLock(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'), {
    name: 'ai-gateway-runtime',
    manifests: {
      gateway: manifestAt('gateway/package.json'),
      shared: manifestAt('shared/package.json'),
      'gateway/dashboard': manifestAt('gateway/dashboard/package.json'),
    },
    on: thisMachine(),
  });
  const node = nodePackageFor(process);
  if (node !== undefined) packages.add(node);
  const { manifest, lock } = packages;
  return {
    manifest,
    lock,
    count: Object.keys(lock.packages).length - 1,
    node,
    fingerprint: createHash('sha256').update(JSON.stringify(lock)).digest('hex'),
  };
}
