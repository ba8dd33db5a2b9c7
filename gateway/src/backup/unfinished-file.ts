import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const oldMs = 24 * 60 * 60_000;
const ending = /\.unfinished-[\da-f]{6}$/;

/** The name of a file until it is whole: another one for each run, since in a container all runs have one process id. */
export function asideOf(target: string): string {
  return `${target}.unfinished-${randomBytes(3).toString('hex')}`;
}

/**
 * Removes what runs that were killed have left in the folder of `target`: unfinished files that nobody has written to for a day. One a night fills a disk.
 * A fault says nothing of the run that begins.
 */
export async function removeUnfinished(target: string, nowMs = Date.now()): Promise<void> {
  const folder = dirname(target);
  const names = await readdir(folder).catch((): string[] => []);
  for (const path of names.filter((name) => ending.test(name)).map((name) => join(folder, name))) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true && nowMs - found.mtimeMs > oldMs) await rm(path, { force: true }).catch(() => {});
  }
}
