#!/usr/bin/env node
// Plain JavaScript for whatever Node is installed (20 or newer): installs what is missing, then runs the command on the
// pinned Node. `npm start`, `npm test` and `npm run bench` come here.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const manifests = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'gateway/package.json',
  'shared/package.json',
  'test/package.json',
  'integrations/make/package.json',
  'integrations/n8n/package.json',
  'integrations/zapier/package.json',
];

/** Tests and benches need every package; the gateway itself needs its own and the pinned Node. */
const needsAll = ['test', 'bench'];
const ownPackages = ['--filter', 'ai-gateway', '--filter', '@ai-gateway/gateway...'];

// Little of a call outlives it, so a small nursery and an old generation that at most doubles between two collections, not
// quadruples, serve as many calls a second as large ones, and a process that was busy is small again. At 20 % instead of 100 a
// flood of streams spent half its time on collections (measured). The nursery keeps one size: a page of a CSV is to die in it.
const heap = ['--min-semi-space-size=8', '--max-semi-space-size=8', '--heap-growing-percent=100'];

/** What npm's own scripts run. Every other word is for the list of commands, which knows it or refuses it. */
const scripts = {
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['test/bench/run.ts'],
};

const [name = 'help', ...rest] = process.argv.slice(2);
const script = scripts[name] ?? [...(name === 'start' ? heap : []), 'gateway/src/cli.ts', name];
install(needsAll.includes(name));
run(pinnedNode(), [...script, ...rest]);

/** Does nothing, and takes no time, when what is installed is what the manifests ask for. */
function install(all) {
  const wanted = fingerprint();
  const stampOf = (scope) => join(root, 'node_modules', `.installed-by-launcher-${scope}`);
  const isDone = (scope) => existsSync(stampOf(scope)) && readFileSync(stampOf(scope), 'utf8') === wanted;
  if (isDone('all') || (!all && isDone('gateway'))) return;
  const stamp = stampOf(all ? 'all' : 'gateway');
  // Not as `packageManager`: pnpm would then want to manage itself and refuse a frozen lockfile that says nothing of it.
  const { pnpm } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).config;
  // Not on the standard output: an export goes there.
  console.error('Installing what is missing (this happens once) …');
  // CI=true: pnpm asks nothing. Its own output is shown only when it fails.
  const done = spawnSync(
    'npx',
    ['--yes', `pnpm@${pnpm}`, 'install', '--frozen-lockfile', ...(all ? [] : ownPackages)],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true' },
      shell: process.platform === 'win32',
    },
  );
  if (done.status !== 0) {
    console.error(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`);
    console.error(
      'The installation failed. Is the npm registry within reach? If another user installed here before, remove node_modules first.',
    );
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of manifests) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** The binary itself: what stands in node_modules/.bin is a shell script around it. */
function pinnedNode() {
  const require = createRequire(join(root, 'package.json'));
  const folder = dirname(require.resolve('node/package.json'));
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  console.error(
    `The pinned Node is not at ${binary}: its install script may have been kept from running. Remove node_modules and try again.`,
  );
  process.exit(1);
}

function run(node, args) {
  const child = spawn(node, args, { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the child by itself, being in the same group. The others may be sent to this process alone, so they are passed
  // on; sent to the group they reach the child twice, which the gateway takes for once. This process waits for the child's end.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(String(error));
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
