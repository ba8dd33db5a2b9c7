import type { Db } from '../db/transaction.ts';

export interface StoredTotp {
  sealedSecret: Buffer;
  isConfirmed: boolean;
  lastStep: number | undefined;
}

/** A secret that no code has confirmed yet gives way to a new one; false where one is confirmed. */
export async function putTotp(db: Db, personId: string, sealedSecret: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into totp (person_id, sealed_secret) values ($1, $2)
     on conflict (person_id) do update set sealed_secret = $2, created_at = now(), last_step = null where totp.confirmed_at is null`,
    [personId, sealedSecret],
  );
  return rowCount === 1;
}

/** Until commit no other code of this person is looked at. */
export async function lockTotp(tx: Db, personId: string): Promise<StoredTotp | undefined> {
  const { rows } = await tx.query(
    'select sealed_secret, confirmed_at, last_step from totp where person_id = $1 for update',
    [personId],
  );
  const [row] = rows as { sealed_secret: Buffer; confirmed_at: Date | null; last_step: string | null }[];
  return (
    row && {
      sealedSecret: row.sealed_secret,
      isConfirmed: row.confirmed_at !== null,
      lastStep: row.last_step === null ? undefined : Number(row.last_step),
    }
  );
}

/** A code of this step was taken: none of it or of an earlier one is taken again. */
export async function noteStep(tx: Db, { personId, step, now }: { personId: string; step: number; now: Date }) {
  await tx.query('update totp set last_step = $2, confirmed_at = coalesce(confirmed_at, $3) where person_id = $1', [
    personId,
    step,
    now,
  ]);
}

export async function deleteTotp(tx: Db, personId: string): Promise<boolean> {
  await tx.query('delete from recovery_codes where person_id = $1', [personId]);
  const { rowCount } = await tx.query('delete from totp where person_id = $1', [personId]);
  return rowCount === 1;
}

export async function putRecoveryCodes(tx: Db, personId: string, hashes: readonly Buffer[]): Promise<void> {
  await tx.query('delete from recovery_codes where person_id = $1', [personId]);
  await tx.query('insert into recovery_codes (person_id, hash) select $1, unnest($2::bytea[])', [personId, hashes]);
}

/** True for one taker only. */
export async function takeRecoveryCode(
  db: Db,
  { personId, hash, now }: { personId: string; hash: Buffer; now: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update recovery_codes set used_at = $3 where person_id = $1 and hash = $2 and used_at is null',
    [personId, hash, now],
  );
  return rowCount === 1;
}

/** The factors that a person can show beside a password. */
export async function findFactors(
  db: Db,
  personId: string,
): Promise<{ totp: boolean; passkeys: number; codes: number }> {
  const { rows } = await db.query(
    `select exists (select 1 from totp where person_id = $1 and confirmed_at is not null) as totp,
            (select count(*)::int from passkeys where person_id = $1) as passkeys,
            (select count(*)::int from recovery_codes where person_id = $1 and used_at is null) as codes`,
    [personId],
  );
  const [row] = rows as { totp: boolean; passkeys: number; codes: number }[];
  return row ?? { totp: false, passkeys: 0, codes: 0 };
}

/** Had the person of a session a passkey when it began, and no authenticator app? Then a password that began it was asked for nothing more. */
export async function hadPasskeyAlone(db: Db, sessionId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from sessions s where s.id = $1
       and exists (select 1 from passkeys k where k.person_id = s.person_id and k.created_at < s.created_at)
       and not exists (select 1 from totp t where t.person_id = s.person_id and t.confirmed_at < s.created_at)`,
    [sessionId],
  );
  return rowCount === 1;
}
