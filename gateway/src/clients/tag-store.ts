import type { Db } from '../db/transaction.ts';

export interface SeenTag {
  workspaceId: string;
  livemode: boolean;
  kind: 'client' | 'project' | 'scenario';
  id: string;
  firstAtMs: number;
  lastAtMs: number;
  platform: string | undefined;
}

export async function upsertTags(db: Db, tags: readonly SeenTag[]): Promise<void> {
  const sorted = tags.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  await db.query(
    `insert into tag_values as t (workspace_id, livemode, kind, id, first_call_at, last_call_at, platform)
     select * from unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
     on conflict (workspace_id, livemode, kind, id) do update set
       last_call_at = greatest(t.last_call_at, excluded.last_call_at), platform = coalesce(excluded.platform, t.platform)`,
    [
      sorted.map(({ workspaceId }) => workspaceId),
      sorted.map(({ livemode }) => livemode),
      sorted.map(({ kind }) => kind),
      sorted.map(({ id }) => id),
      sorted.map(({ firstAtMs }) => new Date(firstAtMs)),
      sorted.map(({ lastAtMs }) => new Date(lastAtMs)),
      sorted.map(({ platform }) => platform ?? null),
    ],
  );
}

/** Rows are locked in one order everywhere. */
function orderOf({ workspaceId, livemode, kind, id }: SeenTag): string {
  return JSON.stringify([workspaceId, livemode, kind, id]);
}

export interface TagRow {
  id: string;
  firstCallAt: Date;
}

/** Values of one kind by their id; `only` is what a key with a locked tag may see. */
export async function selectTags(
  db: Db,
  filter: {
    workspaceId: string;
    livemode: boolean;
    kind: SeenTag['kind'];
    search: string | undefined;
    only: string | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<TagRow[]> {
  const { rows } = await db.query(
    `select id, first_call_at from tag_values
     where workspace_id = $1 and livemode = $2 and kind = $3 and ($4::text is null or strpos(lower(id), lower($4)) > 0)
       and ($5::text is null or id = $5) and ($6::text is null or id > $6)
     order by id limit $7`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.kind,
      filter.search ?? null,
      filter.only ?? null,
      filter.after ?? null,
      filter.limit,
    ],
  );
  return (rows as { id: string; first_call_at: Date }[]).map(({ id, first_call_at: firstCallAt }) => ({
    id,
    firstCallAt,
  }));
}
