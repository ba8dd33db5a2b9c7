import type { Db } from '../db/transaction.ts';

interface HeadScope {
  workspaceId: string;
  livemode: boolean;
}

export interface HeadVersion {
  version: number;
  active: boolean;
  /** The models whose answers were compared. */
  weak: string;
  strong: string;
  /** Better than the rates of the tasks alone: only such heads have weights. */
  isBetter: boolean;
  report: { calls?: number; judged?: number; better?: number; lower?: number };
  createdAt: Date;
}

/** Those that are kept, the newest first. */
export async function listHeadVersions(db: Db, { workspaceId, livemode }: HeadScope): Promise<HeadVersion[]> {
  const { rows } = await db.query(
    `select version, active, weak, strong, octet_length(weights) > 0 as "isBetter", report, created_at as "createdAt"
     from learned_heads where workspace_id = $1 and livemode = $2 order by version desc`,
    [workspaceId, livemode],
  );
  return rows as HeadVersion[];
}

/** Until the transaction ends, no heads are saved and none are chosen. */
export async function lockHeads(tx: Db, workspaceId: string): Promise<void> {
  await tx.query('select 1 from workspaces where id = $1 for no key update', [workspaceId]);
}

/** The version that people chose, 0 for none; undefined where the newest is followed. */
export async function findChosen(db: Db, { workspaceId, livemode }: HeadScope): Promise<number | undefined> {
  const { rows } = await db.query('select version from chosen_heads where workspace_id = $1 and livemode = $2', [
    workspaceId,
    livemode,
  ]);
  return (rows as { version: number }[])[0]?.version;
}

/** Makes a version active, or with 0 none, until somebody chooses again; `follows` leaves the choice to what is learned. */
export async function chooseHeads(
  tx: Db,
  { workspaceId, livemode }: HeadScope,
  { version, by, follows }: { version: number; by: string; follows: boolean },
): Promise<void> {
  const scope = [workspaceId, livemode];
  if (follows) await tx.query('delete from chosen_heads where workspace_id = $1 and livemode = $2', scope);
  else
    await tx.query(
      `insert into chosen_heads (workspace_id, livemode, version, chosen_by) values ($1, $2, $3, $4)
       on conflict (workspace_id, livemode) do update set version = excluded.version, chosen_by = excluded.chosen_by, chosen_at = now()`,
      [...scope, version, by],
    );
  await tx.query(
    'update learned_heads set active = version = $3 where workspace_id = $1 and livemode = $2 and active <> (version = $3)',
    [...scope, version],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
}
