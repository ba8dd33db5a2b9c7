import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptNode } from '../../gateway/launcher/install-production.js';
import { nodePackageFor } from '../../gateway/launcher/pinned-node.js';
import { startCountingRegistry } from '../support/counting-registry.ts';
import { dashboardBytes } from '../support/dashboard-share.ts';
import {
  type FreshFolder,
  freshClone,
  freshFolder,
  type Running,
  reachableRegistry,
  sizeOf,
  untilGone,
} from '../support/fresh-clone.ts';
import { packGateway } from '../support/pack-gateway.ts';
import { freePort } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

/**
 * The first minute: a fresh clone in an empty home, beside Portkey's gateway by `npx` in one, both through a registry that counts; the second start; and the
 * package from its tarball. The network and the machine are noisy, so each of the times that are compared is measured twice, in turn, and the better one counts.
 */
export async function installFigures(note: Note): Promise<void> {
  console.log('\ninstall');
  const registry = await reachableRegistry();
  if (registry === undefined) return console.log('  left out: the npm registry does not answer here');
  const counting = await startCountingRegistry(registry);
  try {
    const clones: number[] = [];
    const portkeys: number[] = [];
    for (const last of [false, true]) {
      portkeys.push(await startPortkey(counting.url));
      counting.reset();
      const folder = freshClone(counting.url);
      const start = (): Running => folder.run('npm', ['start'], { PORT: '0' });
      clones.push(await readyAndStop(start()));
      if (last) {
        note('fresh clone: received, MB', counting.received() / 1e6, '≤ 110');
        note('fresh clone: node_modules, MB', sizeOf(join(folder.clone, 'node_modules')) / 1e6, '≤ 170');
        note('dashboard: MB added', dashboardBytes(folder.clone) / 1e6, '≤ 60');
        note('dashboard: s added', Math.min(await buildDashboard(folder), await buildDashboard(folder)), '≤ 10');
        note('second start, s', Math.min(await readyAndStop(start()), await readyAndStop(start())), '≤ 1.5');
      }
      folder.remove();
    }
    const [ours, theirs] = [Math.min(...clones), Math.min(...portkeys)];
    console.log(`  npx -y @portkey-ai/gateway: ready after ${theirs.toFixed(1)} s`);
    note('fresh clone: ready, s', ours, '≤ 25 where Portkey takes 5');
    note('fresh clone: ready ÷ npx -y @portkey-ai/gateway', ours / theirs, '≤ 5');
    note('npx from the tarball, installed: ready, s', await startPackage(counting.url), '≤ 2');
  } finally {
    await counting.stop();
  }
}

async function readyAndStop(running: Running): Promise<number> {
  const { url, seconds } = await running.ready;
  running.kill('SIGTERM');
  await untilGone(url);
  return seconds;
}

/** As a first start does it, which has nothing that is built. */
async function buildDashboard({ clone, run }: FreshFolder): Promise<number> {
  rmSync(join(clone, 'gateway/dashboard/dist'), { recursive: true });
  const own = nodePackageFor(process);
  const started = performance.now();
  const build = run(own === undefined ? process.execPath : keptNode(clone, own), ['gateway/dashboard/build.ts']);
  if ((await build.ended) !== 0) throw new Error(build.printed());
  return (performance.now() - started) / 1000;
}

async function startPortkey(registry: string): Promise<number> {
  const folder = freshFolder(registry);
  const port = await freePort();
  const started = performance.now();
  const running = folder.run('npx', ['-y', '@portkey-ai/gateway', `--port=${port}`, '--headless']);
  const url = `http://127.0.0.1:${port}`;
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (over) throw new Error(`Portkey’s gateway did not start:\n${running.printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - started) / 1000;
  running.killAll();
  await untilGone(url);
  folder.remove();
  return seconds;
}

/** Installed before; the first of its starts makes the database. */
async function startPackage(registry: string): Promise<number> {
  const folder = freshFolder(registry);
  const tarball = packGateway(join(folder.home, 'packed'));
  writeFileSync(join(folder.clone, 'package.json'), '{}');
  const install = folder.run('npm', ['install', tarball]);
  if ((await install.ended) !== 0) throw new Error(install.printed());
  const start = (): Promise<number> => readyAndStop(folder.run('npx', ['ai-gateway', '--port', '0']));
  await start();
  const seconds = Math.min(await start(), await start());
  folder.remove();
  return seconds;
}
