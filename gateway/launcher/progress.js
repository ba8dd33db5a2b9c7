/**
 * How far an installation is, on the standard error: the standard output belongs to the command that is waiting (an export goes there). On a terminal one
 * line that changes, elsewhere a line now and then.
 */
const everyMs = 4_000;
const barWidth = 24;

/**
 * @param {{ what: string, total: number, done: () => number, to?: NodeJS.WriteStream }} options
 *   `done`: how many packages are there, asked four times a second on a terminal
 * @returns {(succeeded: boolean) => void} to be called at its end
 */
export function showProgress({ what, total, done, to = process.stderr }) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const line = () => `${done()} of ${total} packages, ${seconds()}`;
  const bar = () => {
    const filled = Math.floor((done() / total) * barWidth);
    return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
  };
  to.write(`${what} …\n`);
  const timer = to.isTTY
    ? setInterval(() => to.write(`\r  ${bar()} ${line()} `), 250)
    : setInterval(() => to.write(`  ${line()}\n`), everyMs);
  return (succeeded) => {
    clearInterval(timer);
    if (to.isTTY) to.write('\r\x1b[K');
    if (succeeded) to.write(`Installed in ${seconds()}.\n`);
  };
}
