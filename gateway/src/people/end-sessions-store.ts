import type { Db } from '../db/transaction.ts';

/** Ends all sessions of a person, on every process. */
export async function endSessions(tx: Db, personId: string): Promise<void> {
  await tx.query('delete from sessions where person_id = $1', [personId]);
  await forgetSessions(tx, personId);
}

/** Ends the sessions in which a person is in a workspace, or got in by its identity provider, on every process. */
export async function endSessionsHere(
  tx: Db,
  { workspaceId, personId }: { workspaceId: string; personId: string },
): Promise<void> {
  await tx.query(
    `delete from sessions where person_id = $1
       and (workspace_id is null or workspace_id = $2 or connection_id in (select id from sso_connections where workspace_id = $2))`,
    [personId, workspaceId],
  );
  await forgetSessions(tx, personId);
}

/** Ends the sessions of a person that a session by single sign-on sees: listSessions. */
export async function endSessionsSeen(
  tx: Db,
  { workspaceId, personId }: { workspaceId: string; personId: string },
): Promise<void> {
  await tx.query(
    `delete from sessions where person_id = $1
       and (workspace_id = $2 or connection_id in (select id from sso_connections where workspace_id = $2))`,
    [personId, workspaceId],
  );
  await forgetSessions(tx, personId);
}

/** Ends the sessions of a person but for this one: a password, a factor or an address has changed. */
export async function endOtherSessions(
  tx: Db,
  { personId, sessionId }: { personId: string; sessionId: string },
): Promise<void> {
  await tx.query('delete from sessions where person_id = $1 and id <> $2', [personId, sessionId]);
  await forgetSessions(tx, personId);
}

/** Ends the sessions that a single sign-on connection has begun. */
export async function endSessionsOf(tx: Db, connectionId: string): Promise<void> {
  const { rows } = await tx.query('delete from sessions where connection_id = $1 returning person_id', [connectionId]);
  for (const { person_id } of rows as { person_id: string }[]) await forgetSessions(tx, person_id);
}

/** Ends the sessions that the connections of a workspace have begun by whose domains this is. */
export async function endSessionsOfDomain(
  tx: Db,
  { workspaceId, domain }: { workspaceId: string; domain: string },
): Promise<void> {
  const { rows } = await tx.query(
    `delete from sessions where connection_id in (select id from sso_connections where workspace_id = $1 and $2 = any(domains)) returning person_id`,
    [workspaceId, domain],
  );
  for (const { person_id } of rows as { person_id: string }[]) await forgetSessions(tx, person_id);
}

/** Every process reads the sessions of a workspace's people again: single sign-on may be required of other people now. */
export async function rereadSessionsIn(tx: Db, workspaceId: string): Promise<void> {
  await tx.query(`select pg_notify('sessions', person_id) from members where workspace_id = $1`, [workspaceId]);
}

/** The role of a person has changed somewhere: every process reads it again, and the cookie is replaced at the next request. */
export async function renewSessions(tx: Db, personId: string): Promise<void> {
  await tx.query('update sessions set renew_at = now() where person_id = $1', [personId]);
  await forgetSessions(tx, personId);
}

async function forgetSessions(tx: Db, personId: string): Promise<void> {
  await tx.query(`select pg_notify('sessions', $1)`, [personId]);
}
