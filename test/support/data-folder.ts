import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A fresh folder that everybody may enter. An embedded Postgres of root's runs as somebody else; where that one cannot go, its
 * files are kept outside of the folder and outlive it.
 */
export function dataFolder(name: string): string {
  return folderIn(process.env[variable] ?? roomyParent(), name);
}

/** Of a run of tests: the folder of all its data, which goes with it. Those of runs that were killed take memory, and go first. */
export function runFolder(): { path: string; remove: () => void } {
  const parent = roomyParent();
  for (const name of readdirSync(parent)) {
    const [, pid] = /^ai-gateway-run-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)) && isOld(join(parent, name))) removeFolder(join(parent, name));
  }
  const path = folderIn(parent, `run-${process.pid}`);
  process.env[variable] = path;
  return { path, remove: () => removeFolder(path) };
}

/** Read by the processes of the tests. */
const variable = 'TEST_DATA_FOLDER';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** A container may share the folder and not the processes: its run is not seen here, but it goes on making folders. */
function isOld(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs > 3_600_000;
}

/** What somebody else owns, or still writes, stays. */
function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    console.error(`${path} stays: ${String(error)}`);
  }
}

/**
 * The same on the machine's disk, whatever room its memory has: for what is measured, for programs, which the memory of a container may
 * refuse to run, and for Unix sockets, whose paths are short.
 */
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
    // The size of a tmpfs says nothing of the memory that is free, which a container limits as well.
    return Math.min(bavail * bsize, process.availableMemory()) >= roomBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}
