import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import { withTransaction } from '../db/transaction.ts';
import { listWorkspacesOf } from './failure-store.ts';

/** The thing that somebody fails to open, and its workspace. */
export interface TriedThing {
  workspaceId: string;
  livemode: boolean;
  target: AuditTarget;
}

export interface SignInFailure {
  /** The address of a person; or a thing that is no account. */
  of: string | TriedThing;
  /** How many there are by now, since the last one that was right or the last quiet hour. */
  failures: number;
  address: string | undefined;
}

/** The first, the one that begins the waits, and each power of ten: a loop of millions stays a few rows of the audit log. */
export function isNoted(failures: number): boolean {
  return failures === 1 || failures === 5 || (failures >= 10 && Number.isInteger(Math.log10(failures)));
}

/**
 * Writes a wrong try into the audit log of the workspace, or of each workspace of the person. Nobody waits for it: a try at an address that nobody has would be answered
 * sooner. The author is unknown, so the row names the system.
 */
export function noteFailedTry({ db, log }: { db: Pool; log: Logger }, { of, failures, address }: SignInFailure): void {
  if (!isNoted(failures)) return;
  void withTransaction(db, async (tx) => {
    const things = typeof of === 'string' ? (await listWorkspacesOf(tx, of)).map(thingOf) : [of];
    for (const { workspaceId, livemode, target } of things)
      await insertAuditRecord(tx, {
        workspaceId,
        livemode,
        operation: 'auth.sign-in.failed',
        actor: { type: 'system', id: 'sign-in' },
        target,
        after: { failed_tries: failures },
        address,
      });
  }).catch((error: unknown) => log.warn({ err: error }, 'a failed sign-in could not be put on record'));
}

function thingOf({ personId, workspaceId }: { personId: string; workspaceId: string }): TriedThing {
  return { workspaceId, livemode: true, target: { type: 'person', id: personId } };
}
