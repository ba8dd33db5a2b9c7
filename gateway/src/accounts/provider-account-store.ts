import { type AccountKind, isProviderKind } from '@ai-gateway/shared/provider-kinds';
import type { Db } from '../db/transaction.ts';

/** A model of a provider of one's own, with the price it is billed at. */
export interface OwnModel {
  id: string;
  input_usd_per_mtok: number;
  output_usd_per_mtok: number;
  context_window?: number | undefined;
}

export interface ProviderAccountRow {
  workspaceId: string;
  id: string;
  name: string;
  kind: AccountKind;
  baseUrl: string;
  sealedKey: Buffer;
  keyHint: string;
  models: readonly OwnModel[];
}

const columns = 'workspace_id, id, name, kind, base_url, sealed_key, key_hint, models';

export async function insertProviderAccount(db: Db, row: ProviderAccountRow): Promise<'created' | 'name-taken'> {
  const { rowCount } = await db.query(
    `with created as (
       insert into provider_accounts (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (workspace_id, name) do nothing returning workspace_id)
     select pg_notify('workspaces', workspace_id) from created`,
    [row.workspaceId, row.id, row.name, row.kind, row.baseUrl, row.sealedKey, row.keyHint, JSON.stringify(row.models)],
  );
  return rowCount === 1 ? 'created' : 'name-taken';
}

export async function updateProviderAccount(db: Db, row: ProviderAccountRow): Promise<void> {
  await db.query(
    `with changed as (
       update provider_accounts set base_url = $3, sealed_key = $4, key_hint = $5, models = $6
       where workspace_id = $1 and id = $2 returning workspace_id)
     select pg_notify('workspaces', workspace_id) from changed`,
    [row.workspaceId, row.id, row.baseUrl, row.sealedKey, row.keyHint, JSON.stringify(row.models)],
  );
}

export async function deleteProviderAccount(db: Db, workspaceId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with gone as (delete from provider_accounts where workspace_id = $1 and id = $2 returning workspace_id)
     select pg_notify('workspaces', workspace_id) from gone`,
    [workspaceId, id],
  );
  return (rowCount ?? 0) > 0;
}

export async function listProviderAccounts(db: Db, workspaceId: string): Promise<ProviderAccountRow[]> {
  const { rows } = await db.query(
    `select ${columns} from provider_accounts where workspace_id = $1 order by created_at, id`,
    [workspaceId],
  );
  return rows.flatMap(readRow);
}

/** Of every workspace: all of them, or those of these ids. */
export async function listAllProviderAccounts(db: Db, ids?: readonly string[]): Promise<ProviderAccountRow[]> {
  const { rows } = await db.query(
    `select ${columns} from provider_accounts where $1::text[] is null or id = any($1) order by workspace_id, created_at, id`,
    [ids ?? null],
  );
  return rows.flatMap(readRow);
}

/** By the account alone: ids are unique over all workspaces. */
export async function findAccountOwner(db: Db, id: string): Promise<{ name: string; workspaceId: string } | undefined> {
  const { rows } = await db.query('select workspace_id, name from provider_accounts where id = $1', [id]);
  const [row] = rows as { workspace_id: string; name: string }[];
  return row && { name: row.name, workspaceId: row.workspace_id };
}

export async function findProviderAccount(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<ProviderAccountRow | undefined> {
  const { rows } = await db.query(`select ${columns} from provider_accounts where workspace_id = $1 and id = $2`, [
    workspaceId,
    id,
  ]);
  return rows.flatMap(readRow)[0];
}

/** An account of a kind that only a newer version knows is left out: this one cannot call it. */
function readRow(row: unknown): ProviderAccountRow[] {
  const value = row as {
    workspace_id: string;
    id: string;
    name: string;
    kind: string;
    base_url: string;
    sealed_key: Buffer;
    key_hint: string;
    models: OwnModel[];
  };
  const { kind } = value;
  if (!isProviderKind(kind)) return [];
  const account = {
    workspaceId: value.workspace_id,
    id: value.id,
    name: value.name,
    kind,
    baseUrl: value.base_url,
    sealedKey: value.sealed_key,
    keyHint: value.key_hint,
    models: value.models,
  };
  return [account];
}
