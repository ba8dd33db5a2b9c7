import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The Node that the gateway runs on: a package of the registry that holds the binary and nothing to run at install. Macs with Apple's chips get 26, for
 * the registry has no 24 for them that is kept up to date.
 *
 * @typedef {{ platform: string, arch: string, name: string, version: string, integrity: string }} NodePackage
 */

/** @type {readonly NodePackage[]} */
export const nodePackages = JSON.parse(
  readFileSync(fileURLToPath(new URL('node-packages.json', import.meta.url)), 'utf8'),
);

/** The oldest that runs the gateway when there is no package for this machine. */
const oldestMajor = 24;

/**
 * @param {{ platform: string, arch: string }} machine
 * @returns {NodePackage | undefined}
 */
export function nodePackageFor({ platform, arch }) {
  if (platform === 'linux' && isMusl()) return undefined;
  return nodePackages.find((one) => one.platform === platform && one.arch === arch);
}

export function thisMachine() {
  const { platform, arch } = process;
  if (platform !== 'linux') return { platform, arch };
  return { platform, arch, libc: isMusl() ? /** @type {const} */ ('musl') : /** @type {const} */ ('glibc') };
}

/** Alpine and its like: the packages' binaries are linked with glibc, and do not run there. */
function isMusl() {
  if (!existsSync('/etc/alpine-release') && !existsSync(`/lib/ld-musl-${muslArch}.so.1`)) return false;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined;
}
const muslArch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** Where the binary lies in its package, and in the folder that the launcher keeps it in. */
export const binaryInPackage = join('bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * The first of these that is there; else the Node that runs this, where it is new enough.
 *
 * @param {readonly string[]} binaries
 * @returns {string}
 */
export function pinnedNode(binaries) {
  const found = binaries.find((binary) => existsSync(binary));
  if (found !== undefined) return found;
  if (isNewEnough()) return process.execPath;
  throw new Error(
    nodePackageFor(process) === undefined
      ? `There is no packaged Node for ${process.platform}-${process.arch}. Install Node ${oldestMajor} or newer from https://nodejs.org and try again.`
      : `The pinned Node is missing (looked for ${binaries.join(', ')}). Install again, or install Node ${oldestMajor} or newer.`,
  );
}

function isNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= oldestMajor;
}
