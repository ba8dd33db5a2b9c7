import { GatewayError } from '@ai-gateway/shared/errors';
import type { Db } from '../db/transaction.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { Rule } from './rule.ts';

/** The rules and the settings of `auto` of a workspace, as one version has them. */
export interface RoutingDocument {
  /** 0 where nothing was ever configured. */
  version: number;
  rules: readonly Rule[];
  /** Undefined where the gateway's own settings hold. */
  auto: JsonObject | undefined;
}

interface Row {
  version: number;
  rules: Rule[];
  auto: JsonObject | null;
}

const unconfigured: RoutingDocument = { version: 0, rules: [], auto: undefined };

function documentOf(row: Row | undefined): RoutingDocument {
  return row === undefined ? unconfigured : { ...row, auto: row.auto ?? undefined };
}

/** The active version, with a digest of its content: erasing a client takes its name out of versions, too. */
export async function readRoutingWithDigest(
  db: Db,
  workspaceId: string,
): Promise<RoutingDocument & { digest: string }> {
  const { rows } = await db.query(
    `select v.version, v.rules, v.auto, md5(v.rules::text || coalesce(v.auto::text, '')) as digest from workspaces w
     join routing_versions v on v.workspace_id = w.id and v.version = w.routing_version where w.id = $1`,
    [workspaceId],
  );
  const row = (rows as (Row & { digest: string })[])[0];
  return { ...documentOf(row), digest: row?.digest ?? '' };
}

/** The active version. */
export async function readRouting(db: Db, workspaceId: string): Promise<RoutingDocument> {
  const { rows } = await db.query(
    `select v.version, v.rules, v.auto from workspaces w
     join routing_versions v on v.workspace_id = w.id and v.version = w.routing_version where w.id = $1`,
    [workspaceId],
  );
  return documentOf((rows as Row[])[0]);
}

/** The active version, which no other process changes until the transaction ends. */
export async function lockRouting(tx: Db, workspaceId: string): Promise<RoutingDocument> {
  await tx.query('select 1 from workspaces where id = $1 for no key update', [workspaceId]);
  return readRouting(tx, workspaceId);
}

export async function findRoutingVersion(
  db: Db,
  workspaceId: string,
  version: number,
): Promise<RoutingDocument | undefined> {
  const { rows } = await db.query(
    'select version, rules, auto from routing_versions where workspace_id = $1 and version = $2',
    [workspaceId, version],
  );
  const row = (rows as Row[])[0];
  return row && documentOf(row);
}

export interface RoutingChange {
  workspaceId: string;
  /** Left out, they stay as they are. */
  rules?: readonly Rule[] | undefined;
  auto?: JsonObject | undefined;
  /** The id of the key or the person. */
  by: string;
  note?: string | undefined;
  /** The version that was changed; undefined where the caller does not mind which one. */
  ifMatch?: number | undefined;
}

/**
 * Makes a new version of the active one, makes it the active one, and notifies every process when the transaction is committed. Throws
 * `conflict` where another version is active than the change was made for.
 */
export async function saveRoutingVersion(
  tx: Db,
  { workspaceId, rules, auto, by, note, ifMatch }: RoutingChange,
): Promise<{ before: RoutingDocument; after: RoutingDocument }> {
  const before = await lockRouting(tx, workspaceId);
  refuseStale(before, ifMatch);
  const changed = { rules: rules ?? before.rules, auto: auto ?? before.auto };
  const { rows } = await tx.query(
    `with made as (
       insert into routing_versions (workspace_id, version, rules, auto, created_by, note)
       select $1::text, coalesce(max(version), 0) + 1, $2::jsonb, $3::jsonb, $4::text, $5::text from routing_versions where workspace_id = $1
       returning version)
     select version from made`,
    [
      workspaceId,
      JSON.stringify(changed.rules),
      changed.auto === undefined ? null : JSON.stringify(changed.auto),
      by,
      note ?? null,
    ],
  );
  const [{ version }] = rows as [{ version: number }];
  await activateRouting(tx, workspaceId, version);
  return { before, after: { version, ...changed } };
}

/** Throws `conflict`. */
export function refuseStale({ version }: RoutingDocument, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === version) return;
  throw new GatewayError(
    'conflict',
    `Version ${version} is active now, not version ${ifMatch}: somebody changed the rules or auto meanwhile. Read them again, then repeat the change.`,
    { details: { version } },
  );
}

/** Makes a version the active one; every process forgets the one before. */
export async function activateRouting(tx: Db, workspaceId: string, version: number): Promise<void> {
  await tx.query(
    `with changed as (update workspaces set routing_version = $2 where id = $1 returning id)
     select pg_notify('workspaces', id) from changed`,
    [workspaceId, version],
  );
}

export interface RoutingVersionRow extends Row {
  active: boolean;
  created_by: string;
  author_name: string | null;
  created_at: Date;
  note: string | null;
}

/** Newest first. */
export async function listRoutingVersionRows(
  db: Db,
  { workspaceId, below, limit }: { workspaceId: string; below: number | undefined; limit: number },
): Promise<RoutingVersionRow[]> {
  const { rows } = await db.query(
    `select v.version, v.rules, v.auto, v.version = w.routing_version as active, v.created_by, v.created_at, v.note,
       coalesce(k.name, p.name) as author_name
     from routing_versions v join workspaces w on w.id = v.workspace_id
     left join api_keys k on k.workspace_id = v.workspace_id and k.id = v.created_by
     left join people p on p.id = v.created_by
     where v.workspace_id = $1 and ($2::integer is null or v.version < $2) order by v.version desc limit $3`,
    [workspaceId, below ?? null, limit],
  );
  return rows as RoutingVersionRow[];
}

/** True once a day for a model of a rule that leads nowhere, for whichever process asks first. */
export async function markUnreachable(
  tx: Db,
  { workspaceId, livemode, ruleId, model }: { workspaceId: string; livemode: boolean; ruleId: string; model: string },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into unreachable_rules as u (workspace_id, livemode, rule_id, model) values ($1, $2, $3, $4)
     on conflict (workspace_id, livemode, rule_id, model) do update set notified_at = clock_timestamp()
     where u.notified_at < clock_timestamp() - interval '24 hours'`,
    [workspaceId, livemode, ruleId, model],
  );
  return rowCount === 1;
}
