import type { Db } from '../db/transaction.ts';

/** New addresses a workspace may have asked in a day. */
const askedMax = 20;

/** Notes that this address is asked; `asked` where it was before, `too-many` where the workspace asks too many strangers. */
export async function askAddress(
  db: Db,
  place: { workspaceId: string; tokenHash: Buffer },
): Promise<'ask' | 'asked' | 'too-many'> {
  const { rows } = await db.query(
    `with recent as (
       select count(*) as asked from mail_addresses where workspace_id = $1 and asked_at > now() - interval '1 day'),
     known as (select 1 from mail_addresses where workspace_id = $1 and token_hash = $2),
     made as (
       insert into mail_addresses (workspace_id, token_hash)
       select $1, $2 from recent where asked < $3 and not exists (select 1 from known) on conflict do nothing returning 1)
     select exists (select 1 from made) as made, exists (select 1 from known) as known`,
    [place.workspaceId, place.tokenHash, askedMax],
  );
  const [{ made, known } = { made: false, known: false }] = rows as { made: boolean; known: boolean }[];
  return made ? 'ask' : known ? 'asked' : 'too-many';
}

/** The mail did not go out: the address may be asked again. */
export async function forgetAddress(db: Db, place: { workspaceId: string; tokenHash: Buffer }): Promise<void> {
  await db.query('delete from mail_addresses where workspace_id = $1 and token_hash = $2 and confirmed_at is null', [
    place.workspaceId,
    place.tokenHash,
  ]);
}

export async function isAskedAddress(db: Db, tokenHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from mail_addresses where token_hash = $1 limit 1', [tokenHash]);
  return rowCount === 1;
}

/** False for a token that no mail held. */
export async function confirmAddress(db: Db, tokenHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    'update mail_addresses set confirmed_at = coalesce(confirmed_at, now()) where token_hash = $1',
    [tokenHash],
  );
  return (rowCount ?? 0) > 0;
}
