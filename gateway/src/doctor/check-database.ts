import type { Db } from '../db/transaction.ts';
import {
  countUnwritten,
  type DatabaseHealth,
  findOldSnapshots,
  type OldSnapshot,
  readHealth,
} from './database-health-store.ts';
import { type Finding, ok, warn } from './finding.ts';
import { listLate } from './old-rows-store.ts';

/** From here on the next gateway process may get no connection. */
const fullShare = 0.8;
const oldMinutes = 5;

/** Weaknesses that do not stop a start, so its fitness check leaves them out. */
export async function checkDatabase(db: Db, kind: 'embedded' | 'server'): Promise<Finding[]> {
  const health = await readHealth(db);
  const unwritten = await countUnwritten(db);
  return [
    ok('database', `Postgres ${health.version} (${kind}) answers and is fit to hold money.`),
    connectionsFinding(health),
    ...durabilityFindings(health),
    ...snapshotFindings(await findOldSnapshots(db, oldMinutes)),
    ...lateFindings(await listLate(db)),
    ...(unwritten === undefined ? [] : [unwrittenFinding(unwritten)]),
  ];
}

export function connectionsFinding({ connections, connectionsMax }: DatabaseHealth): Finding {
  const used = `${connections} of ${connectionsMax} connections are in use`;
  return connections < connectionsMax * fullShare
    ? ok('connections', `${used}.`)
    : warn('connections', `${used}. Raise max_connections, or lower DATABASE_CONNECTIONS.`);
}

export function durabilityFindings(health: DatabaseHealth): Finding[] {
  const { standbys, synchronousStandbys, synchronousCommit } = health;
  return [
    ...(standbys > 0 && synchronousStandbys === ''
      ? [
          warn(
            'standby',
            `A standby replicates and synchronous_standby_names is empty: a failover loses calls that were answered. Set it, with two standbys: ANY 1 (a, b).`,
          ),
        ]
      : standbys > 0
        ? [ok('standby', `Commits wait for a standby (${synchronousStandbys}).`)]
        : []),
    ...(synchronousCommit === 'off'
      ? [warn('commits', 'synchronous_commit is off: a crash loses calls that were answered. Set it to on.')]
      : []),
  ];
}

export function snapshotFindings(old: readonly OldSnapshot[]): Finding[] {
  return old.map(({ pid, application, user, minutes }) =>
    warn(
      'old snapshot',
      `Session ${pid} (${application || 'no name'}, ${user}) keeps a snapshot that is ${minutes} minutes old: Postgres cannot remove old versions of rows meanwhile, and tables grow. End it: select pg_terminate_backend(${pid}).`,
    ),
  );
}

function lateFindings(tables: readonly string[]): Finding[] {
  if (tables.length === 0) return [];
  return [
    warn(
      'old rows',
      `Rows of ${tables.join(', ')} are older than they are kept. A gateway deletes them within the hour after its start; where it runs, its log says why the job fails ("a job failed").`,
    ),
  ];
}

function unwrittenFinding(count: number): Finding {
  return count === 0
    ? ok('unwritten', 'Every call is in the table of calls.')
    : warn(
        'unwritten',
        `${count === 1 ? '1 call' : `${count} calls`} could not be written to the table of calls; the money is booked. See unwritten_calls.error, and remove the cause.`,
      );
}
