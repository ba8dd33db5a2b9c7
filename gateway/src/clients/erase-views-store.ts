import type { PoolClient } from 'pg';
import type { Erasure } from './erase-client-store.ts';

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

/** Deletes the names of scenarios that have the client's id or its name in them, and events that say them. */
async function deleteItsScenarioNames(
  tx: PoolClient,
  { workspaceId, livemode, name: id }: Erasure,
  shownName: string | null,
): Promise<void> {
  const place = [workspaceId, livemode];
  const { rows } = await tx.query(
    'select id, name from scenario_names where workspace_id = $1 and livemode = $2',
    place,
  );
  const isNamed = mentions([id, shownName ?? '']);
  const gone = (rows as { id: string; name: string }[]).filter(({ name }) => isNamed(name));
  if (gone.length === 0) return;
  await tx.query('delete from scenario_names where workspace_id = $1 and livemode = $2 and id = any($3::text[])', [
    ...place,
    gone.map((scenario) => scenario.id),
  ]);
  await tx.query(
    `with said as (
       delete from events where workspace_id = $1 and livemode = $2 and data->'scenario'->>'name' = any($3::text[]) returning id)
     delete from deliveries d using said where d.workspace_id = $1 and d.event_id = said.id`,
    [...place, gone.map(({ name }) => name)],
  );
}

/** As whole words, so that the client "acme" does not take the views of "acme-2" with it. */
function mentions(names: readonly string[]): (text: string) => boolean {
  const known = names
    .filter((name) => name.trim() !== '')
    .map((name) => name.trim().replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  if (known.length === 0) return () => false;
  const words = new RegExp(String.raw`(?<![\p{L}\p{N}_-])(?:${known.join('|')})(?![\p{L}\p{N}_-])`, 'iu');
  return (text) => words.test(text);
}
