import { chmodSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A fresh folder that everybody may enter. An embedded Postgres of root's runs as somebody else; where that one cannot go, its
 * files are kept outside of the folder and outlive it.
 */
export function dataFolder(name: string): string {
  return folderIn(roomyParent(), name);
}

/** The same on the machine's disk, whatever room its memory has: what is measured there is what an operator gets. */
export function diskFolder(name: string): string {
  return folderIn(tmpdir(), name);
}

function folderIn(parent: string, name: string): string {
  const folder = mkdtempSync(join(parent, `ai-gateway-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** A file system in the memory of a Linux machine. */
export const memory = '/dev/shm';
/** The databases of a whole run, and their write-ahead logs, take about 3 GiB. */
const roomBytes = 8 * 1024 ** 3;

/** The machine's memory where it has room, unless TMPDIR is given: a database is made in a tenth of the time that a disk takes. */
function roomyParent(): string {
  if (process.env.TMPDIR !== undefined) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= roomBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}
