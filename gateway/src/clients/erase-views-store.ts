import type { PoolClient } from 'pg';
import type { Erasure } from './erase-client-store.ts';
import { deleteItsScenarioNames } from './erase-scenarios-store.ts';
import { mentions } from './mentions.ts';

/** Deletes what people named after the client: saved views, and names of scenarios. */
export async function deleteNamings(tx: PoolClient, erasure: Erasure): Promise<void> {
  const { rows } = await tx.query('select name from clients where workspace_id = $1 and livemode = $2 and id = $3', [
    erasure.workspaceId,
    erasure.livemode,
    erasure.name,
  ]);
  const shownName = (rows as { name: string | null }[])[0]?.name ?? null;
  await deleteItsViews(tx, erasure, shownName);
  await deleteItsScenarioNames(tx, erasure, shownName);
}

/** Deletes the saved views of the dashboard that filter by the client, or have its id or its name in their own name or in what they search for. */
async function deleteItsViews(
  tx: PoolClient,
  { workspaceId, livemode, name: id }: Erasure,
  shownName: string | null,
): Promise<void> {
  const { rows } = await tx.query('select id, name, query from saved_views where workspace_id = $1 and livemode = $2', [
    workspaceId,
    livemode,
  ]);
  const isNamed = mentions([id, shownName ?? '']);
  const gone = (rows as { id: string; name: string; query: string }[]).filter(
    (view) =>
      isNamed(view.name) ||
      // The value of a filter is an id, whole; that of a search has any words.
      [...new URLSearchParams(view.query)].some(
        ([field, value]) => value === id || (!field.endsWith('_id') && isNamed(value)),
      ),
  );
  if (gone.length === 0) return;
  await tx.query('delete from saved_views where workspace_id = $1 and id = any($2::text[])', [
    workspaceId,
    gone.map((view) => view.id),
  ]);
}
