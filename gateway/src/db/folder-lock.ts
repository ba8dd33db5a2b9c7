import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Held by the one gateway that may open the embedded database of a folder. */
export interface FolderLock {
  release(): void;
}

/** Throws, naming the holder, when another living gateway has the folder. A lock whose holder is gone is taken over. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'gateway.pid');
  // Written whole under a name of its own: so a reader of the lock reads all of it.
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(own, `${process.pid} ${birthOf(process.pid)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    for (const until = Date.now() + patienceMs; Date.now() < until; pause()) {
      if (linkTo(own, path)) return { release: () => releaseIfOurs(path) };
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder)) {
        throw new Error(
          `Another gateway (process ${holder.pid}) is using ${folder}. Stop it first, give this one its own DATA_DIR, or point both at one server with DATABASE_URL.`,
        );
      }
      removeStale(path, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new Error(`Cannot take the lock ${path}: it keeps coming back. Is another gateway starting over and over?`);
}

const patienceMs = 1_000;

/** Of two that link at once to one name, one wins. */
function linkTo(own: string, name: string): boolean {
  try {
    linkSync(own, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** One process at a time looks and removes. Of two that have seen a stale lock, the later would remove the earlier one's new lock. */
function removeStale(path: string, own: string): void {
  const turn = `${path}.takeover`;
  if (linkTo(own, turn)) {
    if (isStale(path)) rmSync(path, { force: true });
    rmSync(turn, { force: true });
  } else if (isStale(turn)) {
    // The process that had it died within microseconds.
    rmSync(turn, { force: true });
  }
}

/** A missing lock is not stale: the next one there belongs to another process. */
function isStale(path: string): boolean {
  const holder = readHolder(path);
  return holder !== undefined && !isAlive(holder);
}

/** It takes a few milliseconds, at the start of a gateway only. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

/** Does a living gateway have the folder? */
export function isLocked(folder: string): boolean {
  const holder = readHolder(join(folder, 'gateway.pid'));
  return holder !== undefined && isAlive(holder);
}

/** A file that names nobody has no pid; one that is not there has no holder. */
interface Holder {
  pid: number | undefined;
  birth: string;
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid, birth = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return { pid: /^\d+$/.test(pid ?? '') ? Number(pid) : undefined, birth };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Numbers of processes are used again, so the time of birth is compared too, where the system tells it. */
function isAlive({ pid, birth }: Holder): boolean {
  return pid !== undefined && isProcessAlive(pid) && (birth === '' || birthOf(pid) === birth);
}

function releaseIfOurs(path: string): void {
  if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
}

/** A zombie has died; only its parent has not looked yet. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statOf(pid)?.[0] !== 'Z';
}

/** Ticks since boot at which the process began (Linux), or nothing. */
function birthOf(pid: number): string {
  return statOf(pid)?.[19] ?? '';
}

/** The fields of /proc/PID/stat behind the name, which may itself hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
