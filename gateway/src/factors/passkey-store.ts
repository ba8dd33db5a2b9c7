import type { Db } from '../db/transaction.ts';
import type { Passkey } from './passkeys.ts';

export type ChallengePurpose = 'add' | 'sign-in' | 'step-up';

/** Keeps a challenge, and deletes those that are over. */
export async function insertChallenge(
  db: Db,
  row: { challenge: string; purpose: ChallengePurpose; personId: string | undefined; expiresAt: Date; now: Date },
): Promise<void> {
  await db.query(
    `with old as (delete from passkey_challenges where expires_at <= $5)
     insert into passkey_challenges (challenge, purpose, person_id, expires_at) values ($1, $2, $3, $4)`,
    [row.challenge, row.purpose, row.personId ?? null, row.expiresAt, row.now],
  );
}

/** True for one taker only, and only for the person and the purpose it was given for. */
export async function takeChallenge(
  db: Db,
  wanted: { challenge: string; purpose: ChallengePurpose; personId: string | undefined; now: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from passkey_challenges
     where challenge = $1 and purpose = $2 and person_id is not distinct from $3 and expires_at > $4`,
    [wanted.challenge, wanted.purpose, wanted.personId ?? null, wanted.now],
  );
  return rowCount === 1;
}

export interface StoredPasskey extends Passkey {
  personId: string;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | undefined;
}

interface PasskeyRow {
  id: string;
  person_id: string;
  public_key: Buffer;
  counter: string;
  transports: string[];
  is_backed_up: boolean;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

const columns = 'id, person_id, public_key, counter, transports, is_backed_up, name, created_at, last_used_at';

/** Undefined where the passkey is stored already, by this person or another. */
export async function insertPasskey(
  db: Db,
  passkey: Passkey & { personId: string; name: string },
): Promise<StoredPasskey | undefined> {
  const { rows } = await db.query(
    `insert into passkeys (id, person_id, public_key, counter, transports, is_backed_up, name) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing returning ${columns}`,
    [
      passkey.credentialId,
      passkey.personId,
      passkey.publicKey,
      passkey.counter,
      passkey.transports,
      passkey.synced,
      passkey.name,
    ],
  );
  const [row] = rows as PasskeyRow[];
  return row && stored(row);
}

/** The newest first. */
export async function listPasskeys(db: Db, personId: string): Promise<StoredPasskey[]> {
  const { rows } = await db.query(
    `select ${columns} from passkeys where person_id = $1 order by created_at desc, id limit 100`,
    [personId],
  );
  return (rows as PasskeyRow[]).map(stored);
}

/** Until commit nobody else uses it: the counter is compared with the one read. */
export async function lockPasskey(tx: Db, credentialId: string): Promise<StoredPasskey | undefined> {
  const { rows } = await tx.query(`select ${columns} from passkeys where id = $1 for update`, [credentialId]);
  const [row] = rows as PasskeyRow[];
  return row && stored(row);
}

export async function notePasskeyUse(db: Db, use: { credentialId: string; counter: number; now: Date }): Promise<void> {
  await db.query('update passkeys set counter = $2, last_used_at = $3 where id = $1', [
    use.credentialId,
    use.counter,
    use.now,
  ]);
}

export async function deletePasskey(db: Db, { id, personId }: { id: string; personId: string }): Promise<boolean> {
  const { rowCount } = await db.query('delete from passkeys where id = $1 and person_id = $2', [id, personId]);
  return rowCount === 1;
}

function stored(row: PasskeyRow): StoredPasskey {
  return {
    credentialId: row.id,
    personId: row.person_id,
    publicKey: row.public_key,
    counter: Number(row.counter),
    transports: row.transports,
    synced: row.is_backed_up,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
