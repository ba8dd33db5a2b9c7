import type { ViewScreen } from '@ai-gateway/shared/operations/views';
import { sqlState } from '../db/row-fault.ts';
import type { Db } from '../db/transaction.ts';

/** Where views are looked for: one person's, and those of the workspace, in live or in test mode. */
export interface ViewScope {
  workspaceId: string;
  livemode: boolean;
  /** Undefined for a key, which sees those of the workspace only. */
  personId: string | undefined;
}

export interface SavedView {
  id: string;
  screen: ViewScreen;
  name: string;
  query: string;
  /** Null: the workspace's. */
  personId: string | null;
  createdAt: Date;
}

const columns = 'id, screen, name, query, person_id, created_at';

export async function listViews(
  db: Db,
  { workspaceId, livemode, personId }: ViewScope,
  screen: ViewScreen | undefined,
): Promise<SavedView[]> {
  const { rows } = await db.query(
    `select ${columns} from saved_views
     where workspace_id = $1 and livemode = $2 and (person_id is null or person_id = $3) and ($4::text is null or screen = $4)
     order by lower(name), id`,
    [workspaceId, livemode, personId ?? null, screen ?? null],
  );
  return rows.map(readRow);
}

/** The row is locked, so that two who change it come one after the other. */
export async function lockView(db: Db, place: ViewScope, id: string): Promise<SavedView | undefined> {
  const { rows } = await db.query(
    `select ${columns} from saved_views
     where workspace_id = $1 and livemode = $2 and (person_id is null or person_id = $3) and id = $4 for update`,
    [place.workspaceId, place.livemode, place.personId ?? null, id],
  );
  return rows.map(readRow)[0];
}

/** How many the person has, or the workspace where `personId` is null. Nobody else adds one until the transaction ends. */
export async function countViews(
  db: Db,
  { workspaceId, livemode }: ViewScope,
  personId: string | null,
): Promise<number> {
  await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `views ${workspaceId} ${livemode} ${personId ?? ''}`,
  ]);
  const { rows } = await db.query(
    `select count(*)::integer as count from saved_views
     where workspace_id = $1 and livemode = $2 and person_id is not distinct from $3`,
    [workspaceId, livemode, personId],
  );
  return (rows[0] as { count: number }).count;
}

/** False where the name is taken. */
export async function insertView(db: Db, { workspaceId, livemode }: ViewScope, view: SavedView): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into saved_views (workspace_id, livemode, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict do nothing`,
    [workspaceId, livemode, view.id, view.screen, view.name, view.query, view.personId, view.createdAt],
  );
  return rowCount === 1;
}

/** False where the name is another view's; the transaction is over then. */
export async function updateView(db: Db, { workspaceId, livemode }: ViewScope, view: SavedView): Promise<boolean> {
  try {
    await db.query(
      'update saved_views set name = $4, query = $5 where workspace_id = $1 and livemode = $2 and id = $3',
      [workspaceId, livemode, view.id, view.name, view.query],
    );
    return true;
  } catch (error) {
    // The index over names decides, also where two take one at once.
    if (sqlState(error) === '23505') return false;
    throw error;
  }
}

export async function deleteView(db: Db, { workspaceId, livemode }: ViewScope, id: string): Promise<void> {
  await db.query('delete from saved_views where workspace_id = $1 and livemode = $2 and id = $3', [
    workspaceId,
    livemode,
    id,
  ]);
}

function readRow(row: unknown): SavedView {
  const value = row as {
    id: string;
    screen: ViewScreen;
    name: string;
    query: string;
    person_id: string | null;
    created_at: Date;
  };
  return {
    id: value.id,
    screen: value.screen,
    name: value.name,
    query: value.query,
    personId: value.person_id,
    createdAt: value.created_at,
  };
}
