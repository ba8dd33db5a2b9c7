import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * The kernel's lock on the files of the embedded database, held by its Postgres and every process that this one starts. `gateway.pid` names a process, which another container
 * cannot look up: a second container on one volume took that lock for stale, and two Postgres wrote to the same files. This lock holds there too, and ends with
 * its processes, however they end.
 */
const flock = '/usr/bin/flock';

/** The exit code of flock when the lock is held, which none of Postgres's own is. */
const heldCode = 75;
/** The sessions of a Postgres that was killed end within moments. */
const patienceSeconds = 5;

/** The words in front of the command of a Postgres that is to hold the lock; none where the file system or the machine has no such locks. */
export async function holdingLock(cluster: string, dataDir: string): Promise<string[]> {
  if (process.platform !== 'linux' || !existsSync(flock)) return [];
  const wait = ['-w', String(patienceSeconds), '-E', String(heldCode)];
  const code = await exitCodeOf([...wait, cluster, 'true']);
  if (code === heldCode)
    throw new Error(
      `Another gateway, in another container, is using the database in ${dataDir}. Stop it first, give this one its own DATA_DIR, or point both at one server with DATABASE_URL.`,
    );
  return code === 0 ? [flock, ...wait, '-F', cluster] : [];
}

function exitCodeOf(args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(flock, args, { stdio: 'ignore' });
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
}
