import { spawn } from 'node:child_process';

/**
 * Little of a call outlives it, so a small nursery and an old generation that at most doubles between two collections, not quadruples, serve as many calls a
 * second as large ones, and a process that was busy is small again. At 20 % instead of 100 a flood of streams spent half its time on collections
 * (measured). The nursery keeps one size: a page of a CSV is to die in it.
 */
export const heapFlags = ['--min-semi-space-size=8', '--max-semi-space-size=8', '--heap-growing-percent=100'];

/**
 * Runs a program in this process's place: its streams, its signals, its exit code.
 *
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ cwd?: string, cache?: string }} [options]
 *   `cache`: a folder where Node keeps what it compiled: half of a start's work (0.6 s of 1.05, measured). Where it cannot be written, Node goes without.
 */
export function runInPlace(node, args, { cwd, cache } = {}) {
  const child = spawn(node, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...process.env },
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child by itself, being in the same group. The others may be sent to this process alone (by systemd, by Docker, by npm), so
  // they are passed on; sent to the group they reach the child twice, which the gateway takes for once. This process waits for the child's end.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  if (process.env.npm_lifecycle_event !== undefined) onShellGone(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`${node} cannot be run: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

/**
 * npm starts a script in a shell, and passes a SIGTERM on to that shell only, which dies of it: a person who stops npm means the gateway. npm itself may be
 * gone for long (killed, or its terminal closed): its shell is still there then, and the gateway goes on.
 *
 * @param {() => void} then
 */
function onShellGone(then) {
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    then();
  }, 500);
  timer.unref();
}
