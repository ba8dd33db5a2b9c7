import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDashboardBuilt } from './dashboard-built.js';
import { everythingWanted, installEverything, putBack } from './install-everything.js';
import { installProduction, keptNode, runtimeFolder } from './install-production.js';
import { isMadeByPnpm, readStamp, writeStamp } from './installed.js';
import { binaryInPackage, nodePackageFor, pinnedNode } from './pinned-node.js';
import { productionPackages, seenSources } from './production-packages.js';
import { heapFlags, runInPlace } from './run-gateway.js';
import { scriptOf } from './scripts.js';

/** Every npm script of a clone: installs what is missing, then runs the command on the pinned Node. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** @param {readonly string[]} args */
export async function launch([name = 'help', ...rest]) {
  try {
    const found = scriptOf(name, rest);
    await install(found !== undefined && found.script.needsProductionOnly !== true);
    if (found !== undefined) runScript(found.script, found.rest);
    else runCommand(name, rest);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

/** @param {import('./scripts.js').Script} script @param {readonly string[]} rest */
function runScript({ folder = '.', programs }, rest) {
  const cwd = join(root, folder);
  const node = pinnedNode(nodes());
  for (const program of programs.slice(0, -1)) {
    const { status } = spawnSync(node, program, { cwd, stdio: 'inherit' });
    if (status !== 0) {
      process.exitCode = status ?? 1;
      return;
    }
  }
  runInPlace(node, [...(programs.at(-1) ?? []), ...rest], { cwd });
}

/** @param {string} name @param {readonly string[]} rest */
function runCommand(name, rest) {
  if (name === 'start') buildDashboard();
  const command = [...(name === 'start' ? heapFlags : []), 'gateway/src/cli.ts', name];
  runInPlace(pinnedNode(nodes()), [...command, ...rest], {
    cwd: root,
    cache: join(root, runtimeFolder, 'compile-cache'),
  });
}

/** Does nothing, and takes no time, when what is installed is what the manifests ask for. @param {boolean} everything */
async function install(everything) {
  const stamp = readStamp(root);
  if (stamp === undefined) putBack(root);
  if (everything) {
    if (readStamp(root)?.all !== everythingWanted(root)) await installEverything(root);
    return;
  }
  const seen = seenSources(root);
  const now = readStamp(root);
  if (now?.seen === seen && nodes().some((node) => existsSync(node))) return;
  const packages = productionPackages(root);
  if (now?.production === packages.fingerprint && nodes().some((node) => existsSync(node))) {
    // Not where it cannot be written: it only saves the next start a look at the lockfile.
    try {
      writeStamp(root, { ...now, seen });
    } catch {}
    return;
  }
  if (isMadeByPnpm(root)) await installEverything(root);
  else await installProduction(root, packages);
}

/** Once for the sources that are there. The gateway starts all the same when it fails, and its pages say so. */
function buildDashboard() {
  if (isDashboardBuilt(root)) return;
  const { status } = spawnSync(pinnedNode(nodes()), ['gateway/dashboard/build.ts'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) console.error('The gateway starts without its dashboard.');
}

/** Where the pinned Node may be: the binary that `npm start` keeps, or a developer's package. */
function nodes() {
  const own = nodePackageFor(process);
  return [...(own === undefined ? [] : [keptNode(root, own)]), ...developersNode()];
}

/** The binary itself: what is in node_modules/.bin is a shell script around it. */
function developersNode() {
  try {
    const folder = dirname(createRequire(join(root, 'package.json')).resolve('node/package.json'));
    return [join(folder, binaryInPackage)];
  } catch {
    return [];
  }
}
