import type { Db } from '../db/transaction.ts';
import type { Comparison } from './compare-heads.ts';
import type { HeadReason } from './head-words.ts';
import type { HeadsReport } from './learned-heads.ts';
import { headsFormat } from './packed-heads.ts';

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
  /** Only such heads can be activated. */
  hasWeights: boolean;
  /** Other versions of the gateway see calls differently: what their heads weigh says nothing here. */
  isReadable: boolean;
  isOfLaterGateway: boolean;
  outcome: 'candidate' | 'promoted' | 'withdrawn' | 'dropped' | 'no_better';
  /** Null in versions of older gateways. */
  reason: HeadReason | null;
  /** The version that it was compared with. */
  against: number | null;
  compared: Comparison | null;
  decidedAt: Date | null;
  report: Partial<HeadsReport>;
  createdAt: Date;
  /** When it came into use, and when it was last taken out of it. */
  activeSince: Date | null;
  activeUntil: Date | null;
}

/** Those that are kept, the newest first. An active candidate is one that somebody chose in a gateway of before, which knew none. */
export async function listHeadVersions(db: Db, { workspaceId, livemode }: HeadScope): Promise<HeadVersion[]> {
  const { rows } = await db.query(
    `select version, active, weak, strong, octet_length(weights) > 0 as "hasWeights",
       substring(weights from 5 for octet_length($3::bytea)) = $3 as "isReadable",
       coalesce(substring(encode(substring(weights from 5 for 24), 'escape') from '^\\{"format":(\\d{1,9}),')::integer > $4, false) as "isOfLaterGateway", report, created_at as "createdAt",
       case when active and outcome = 'candidate' then 'promoted'
         else coalesce(outcome, case when octet_length(weights) > 0 then 'promoted' else 'no_better' end) end as outcome,
       case when active and outcome = 'candidate' then 'chosen' else reason end as reason, against, compared, decided_at as "decidedAt",
       case when active then coalesce(active_since, created_at) else active_since end as "activeSince",
       case when not active then active_until end as "activeUntil"
     from learned_heads where workspace_id = $1 and livemode = $2 order by version desc`,
    [workspaceId, livemode, Buffer.from(`{"format":${headsFormat},`), headsFormat],
  );
  return rows as HeadVersion[];
}

/** Until the transaction ends, no heads are saved and none are chosen. */
export async function lockHeads(tx: Db, workspaceId: string): Promise<void> {
  await tx.query('select 1 from workspaces where id = $1 for no key update', [workspaceId]);
}

interface HeadChoice {
  /** 0 for none. */
  version: number;
  by: string;
  /** Of the key or the person. */
  byName: string | null;
  at: Date;
}

/** The choice that holds; undefined where the newest is followed. */
export async function findChosen(db: Db, { workspaceId, livemode }: HeadScope): Promise<HeadChoice | undefined> {
  const { rows } = await db.query(
    `select c.version, c.chosen_by as by, coalesce(k.name, p.name) as "byName", c.chosen_at as at from chosen_heads c
     left join api_keys k on k.workspace_id = c.workspace_id and k.id = c.chosen_by
     left join people p on p.id = c.chosen_by
     where c.workspace_id = $1 and c.livemode = $2`,
    [workspaceId, livemode],
  );
  return rows[0] as HeadChoice | undefined;
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
    `update learned_heads set active = version = $3,
       active_since = case when version = $3 then now() else coalesce(active_since, created_at) end,
       active_until = case when version = $3 then null else now() end,
       outcome = case when outcome = 'candidate' then 'promoted' else outcome end,
       reason = case when outcome = 'candidate' then 'chosen' else reason end,
       decided_at = case when outcome = 'candidate' then now() else decided_at end
     where workspace_id = $1 and livemode = $2 and active <> (version = $3)`,
    [...scope, version],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
}
