import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { faultIn, isCacheFault } from './install-fault.js';
import { writeStamp } from './installed.js';
import { runNpm } from './npm.js';
import { binaryInPackage } from './pinned-node.js';
import { seenSources } from './production-packages.js';
import { showProgress } from './progress.js';

/** The launcher's own files: the pinned Node, and an installation while it is made. Beside node_modules, which package managers empty. */
export const runtimeFolder = join('gateway', '.runtime');

/** Free bytes that an installation takes while it is made: packages, Node with its headers, and what was there before. */
const bytesNeeded = 400e6;

/**
 * Installs what the gateway needs to run, apart and at once: until all of it is there, what was installed before stays as it is.
 *
 * @param {string} root
 * @param {ReturnType<typeof import('./production-packages.js').productionPackages>} packages
 */
export async function installProduction(root, packages) {
  const folder = join(root, runtimeFolder);
  const staging = join(folder, `install-${process.pid}`);
  try {
    removeLeftovers(folder);
    mkdirSync(staging, { recursive: true });
    const free = statfsSync(staging);
    if (free.bavail * free.bsize < bytesNeeded)
      throw new Error(
        `The disk is full: installing takes 400 MB in ${root}, and ${Math.floor((free.bavail * free.bsize) / 1e6)} MB are free there. Make room and try again.`,
      );
    await fetchPackages(staging, packages);
    const modules = join(staging, 'node_modules');
    keepNode(folder, modules, packages.node);
    removeWhatNothingReads(modules);
    linkShared(modules);
    writeStamp(staging, { production: packages.fingerprint, seen: seenSources(root) });
    // Of the packages before.
    rmSync(join(folder, 'compile-cache'), { recursive: true, force: true });
    putInPlace(root, staging);
  } catch (error) {
    throw writable(error, root);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * @param {string} staging
 * @param {{ manifest: object, lock: { packages: object }, count: number }} packages
 */
async function fetchPackages(staging, { manifest, lock, count }) {
  writeFileSync(join(staging, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(staging, 'package-lock.json'), JSON.stringify(lock));
  // Nothing is run at install: Postgres's links are made by the gateway, and none of the others needs its script.
  const args = ['ci', '--ignore-scripts', '--include=optional', '--no-audit', '--no-fund'];
  const manifests = Object.keys(lock.packages).map((path) => join(staging, path, 'package.json'));
  const attempt = async (/** @type {readonly string[]} */ more) => {
    const end = showProgress({
      what: `Installing what the gateway needs, once: ${count} packages, about 110 MB`,
      total: count,
      // The staging folder has one of its own.
      done: () => manifests.filter((path) => existsSync(path)).length - 1,
    });
    let succeeded = false;
    try {
      const result = await runNpm('npm', [...args, ...more], { cwd: staging });
      succeeded = result.code === 0;
      return result;
    } finally {
      end(succeeded);
    }
  };
  let result = await attempt([]);
  if (result.code !== 0 && isCacheFault(result.output, staging)) {
    console.error(`npm cannot use its cache in ${homedir()}; a temporary one is used this time.`);
    result = await attempt(['--cache', join(staging, 'npm-cache')]);
  }
  if (result.code !== 0) throw new Error(`${errorLines(result.output)}${sentenceOf(result.output)}`);
}

/** npm's output about the failure, without the requests that succeeded. @param {string} output */
function errorLines(output) {
  const lines = output
    .split('\n')
    .filter((line) => /^npm (error|ERR!)|ERR_PNPM/.test(line) && !/complete log of this run/.test(line));
  return lines.length === 0 ? '' : `${lines.slice(0, 12).join('\n')}\n\n`;
}

/** @param {string} output */
function sentenceOf(output) {
  const { problem, advice } = faultIn(output);
  return `${problem} ${advice}`;
}

/**
 * The binary, and none of the 60 MB of headers, npm and manuals beside it.
 *
 * @param {string} folder
 * @param {string} modules
 * @param {import('./pinned-node.js').NodePackage | undefined} node
 */
function keepNode(folder, modules, node) {
  if (node === undefined) return;
  const to = nodeFolder(folder, node);
  if (!existsSync(join(to, binaryInPackage))) {
    mkdirSync(dirname(join(to, binaryInPackage)), { recursive: true });
    renameSync(join(modules, node.name, 'LICENSE'), join(to, 'LICENSE'));
    renameSync(join(modules, node.name, binaryInPackage), join(to, binaryInPackage));
  }
  rmSync(join(modules, node.name), { recursive: true });
}

/** @param {string} folder @param {{ version: string }} node */
function nodeFolder(folder, { version }) {
  return join(folder, `node-${version}`);
}

/** @param {string} root @param {{ version: string }} node */
export function keptNode(root, node) {
  return join(nodeFolder(join(root, runtimeFolder), node), binaryInPackage);
}

/**
 * Source maps and type declarations: an eighth of all, for editors and debuggers, who have `npm test` for their packages; and 11 MB that the dashboard's
 * build passes by: React for servers and for developers, TanStack's sources and its files for `require`.
 */
const unreadFiles = [
  /\.map$|\.d\.[cm]?ts$/,
  /^react(-dom)?\/cjs\/.*\b(development|profiling|server|static|test-utils)\b.*\.js$/,
  /^@tanstack\/[\w-]+\/(src|dist\/cjs|build\/legacy|build\/query-codemods)\/.*\.\w+$/,
];

/** @param {string} modules */
function removeWhatNothingReads(modules) {
  for (const file of readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
    const path = file.replaceAll('\\', '/');
    if (unreadFiles.some((pattern) => pattern.test(path))) rmSync(join(modules, file), { force: true });
  }
}

/** @param {string} modules */
function linkShared(modules) {
  mkdirSync(join(modules, '@ai-gateway'), { recursive: true });
  // From node_modules/@ai-gateway in the clone. On Windows a junction, which needs no right of its own, is absolute.
  symlinkSync(join('..', '..', 'shared'), join(modules, '@ai-gateway', 'shared'), 'dir');
}

/** @param {string} root @param {string} staging */
function putInPlace(root, staging) {
  const modules = join(root, 'node_modules');
  // Links of a developer's installation, which lead into the node_modules that goes.
  for (const one of ['gateway', 'gateway/dashboard', 'shared'])
    rmSync(join(root, one, 'node_modules'), { recursive: true, force: true });
  if (existsSync(modules)) renameSync(modules, join(staging, 'before'));
  renameSync(join(staging, 'node_modules'), modules);
}

/** Of an installation that was killed. @param {string} folder */
function removeLeftovers(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^install-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {unknown} error @param {string} root */
function writable(error, root) {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { problem, advice } = faultIn(`${error.code}`);
  return new Error(`${problem} ${advice}\n(${root}: ${error.message})`);
}
