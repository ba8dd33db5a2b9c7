import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Held by the one gateway that may open the embedded database of a folder. */
export interface FolderLock {
  release(): void;
}

/** Throws, naming the holder, when another living gateway has the folder. A lock whose holder is gone is taken over. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'gateway.pid');
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      // `wx` fails where the file exists: of two gateways that start at once, one wins.
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, `${process.pid} ${birthOf(process.pid)}\n`);
      closeSync(file);
      return { release: () => releaseIfOurs(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder)) {
        throw new Error(
          `Another gateway (process ${holder.pid}) is using ${folder}. Stop it first, give this one its own DATA_DIR, or point both at one server with DATABASE_URL.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new Error(`Cannot take the lock ${path}: it keeps coming back. Is another gateway starting over and over?`);
}

/** Does a living gateway have the folder? */
export function isLocked(folder: string): boolean {
  const holder = readHolder(join(folder, 'gateway.pid'));
  return holder !== undefined && isAlive(holder);
}

interface Holder {
  pid: number;
  birth: string;
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid, birth = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return /^\d+$/.test(pid ?? '') ? { pid: Number(pid), birth } : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers of processes are used again, so the time of birth is compared too, where the system tells it. */
function isAlive({ pid, birth }: Holder): boolean {
  return isProcessAlive(pid) && (birth === '' || birthOf(pid) === birth);
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
