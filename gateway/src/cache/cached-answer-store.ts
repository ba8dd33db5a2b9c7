import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';
import type { Usage } from '../dialects/neutral.ts';

export interface AnswerRow {
  workspaceId: string;
  /** In hex. */
  key: string;
  livemode: boolean;
  clientId: string | undefined;
  project: string | undefined;
  dialect: string;
  streamed: boolean;
  model: string;
  provider: string;
  promptId: string | undefined;
  promptVersion: number | undefined;
  sealedBody: Buffer;
  bytes: number;
  tailBytes: number;
  dropped: readonly string[];
  usage: Usage;
  costNanos: bigint;
  epoch: number;
  /** How long ago the answer came. */
  ageMs: number;
  ttlMs: number;
}

/**
 * Keeps answers of different keys; a newer one takes the place of an older, and one of an earlier epoch is not kept any more. By the
 * database's clock, so that every process sees the same age.
 */
export async function insertAnswers(db: Db, rows: readonly AnswerRow[]): Promise<void> {
  const given = rows.map(({ sealedBody: _body, costNanos, ...row }, i) => ({
    ...row,
    costNanos: String(costNanos),
    n: i + 1,
  }));
  await db.query(
    `with given as (
       select g.*, b.body from json_to_recordset($1::json) as g (
         "workspaceId" text, key text, livemode boolean, "clientId" text, project text, dialect text, streamed boolean, model text,
         provider text, "promptId" text, "promptVersion" integer, bytes integer, "tailBytes" integer, dropped text[], usage jsonb,
         "costNanos" bigint, epoch integer, "ageMs" float8, "ttlMs" float8, n bigint)
       join unnest($2::bytea[]) with ordinality as b (body, n) using (n))
     insert into cached_answers (workspace_id, key, livemode, client_id, project, dialect, streamed, model, provider, prompt_id,
       prompt_version, sealed_body, bytes, tail_bytes, dropped, usage, cost_nanos, epoch, created_at, expires_at)
     select "workspaceId", decode(key, 'hex'), livemode, "clientId", project, dialect, streamed, model, provider, "promptId",
       "promptVersion", body, bytes, "tailBytes", dropped, usage, "costNanos", epoch,
       now() - "ageMs" * interval '1 ms', now() + ("ttlMs" - "ageMs") * interval '1 ms'
     from given join workspaces w on w.id = given."workspaceId"
       and given.epoch = case when livemode then w.cache_epoch else w.test_cache_epoch end order by "workspaceId", key
     for share of w
     on conflict (workspace_id, key) do update set client_id = excluded.client_id, project = excluded.project, model = excluded.model,
       provider = excluded.provider, prompt_id = excluded.prompt_id, prompt_version = excluded.prompt_version,
       sealed_body = excluded.sealed_body, bytes = excluded.bytes, tail_bytes = excluded.tail_bytes, dropped = excluded.dropped,
       usage = excluded.usage, cost_nanos = excluded.cost_nanos, created_at = excluded.created_at, expires_at = excluded.expires_at, hits = 0`,
    [JSON.stringify(given), rows.map(({ sealedBody }) => sealedBody)],
  );
}

export interface FoundAnswer {
  sealedBody: Buffer;
  tailBytes: number;
  model: string;
  provider: string;
  dropped: string[];
  usage: Usage;
  costNanos: bigint;
  ageMs: number;
  leftMs: number;
}

/** Undefined also for an answer of the future: somebody has set the clock back, and nobody knows how old it is. */
export async function findAnswer(db: Db, workspaceId: string, key: string): Promise<FoundAnswer | undefined> {
  const { rows } = await db.query(
    `select sealed_body, tail_bytes, model, provider, dropped, usage, cost_nanos,
       (extract(epoch from now() - created_at) * 1000)::float8 as age_ms, (extract(epoch from expires_at - now()) * 1000)::float8 as left_ms
     from cached_answers where workspace_id = $1 and key = decode($2, 'hex') and expires_at > now() and created_at <= now()`,
    [workspaceId, key],
  );
  const [row] = rows as {
    sealed_body: Buffer;
    tail_bytes: number;
    model: string;
    provider: string;
    dropped: string[];
    usage: Usage;
    cost_nanos: bigint;
    age_ms: number;
    left_ms: number;
  }[];
  return (
    row && {
      sealedBody: row.sealed_body,
      tailBytes: row.tail_bytes,
      model: row.model,
      provider: row.provider,
      dropped: row.dropped,
      usage: row.usage,
      costNanos: row.cost_nanos,
      ageMs: row.age_ms,
      leftMs: row.left_ms,
    }
  );
}

/** Hits since the last time. */
export async function countHits(
  db: Db,
  hits: readonly { workspaceId: string; key: string; n: number }[],
): Promise<void> {
  await db.query(
    `with given as (select w, decode(k, 'hex') as key, n from json_to_recordset($1::json) as g (w text, k text, n bigint)),
     own as (select c.workspace_id, c.key, given.n from cached_answers c join given on given.w = c.workspace_id and given.key = c.key
       order by c.workspace_id, c.key for no key update of c)
     update cached_answers c set hits = c.hits + own.n from own where c.workspace_id = own.workspace_id and c.key = own.key`,
    [JSON.stringify(hits.map(({ workspaceId, key, n }) => ({ w: workspaceId, k: key, n })))],
  );
}

export interface AnswerFilter {
  clientId?: string | undefined;
  project?: string | undefined;
  promptId?: string | undefined;
  model?: string | undefined;
}

/** Deletes what the filter names, and tells every process to forget what it holds of the workspace. Returns how many. */
export async function deleteAnswers(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
  { clientId, project, promptId, model }: AnswerFilter,
): Promise<number> {
  // Answers that are being written at this moment are there before they are deleted.
  await db.query('select 1 from workspaces where id = $1 for no key update', [workspaceId]);
  const { rowCount } = await db.query(
    `delete from cached_answers where workspace_id = $1 and livemode = $2 and ($3::text is null or client_id = $3)
       and ($4::text is null or project = $4) and ($5::text is null or prompt_id = $5) and ($6::text is null or model = $6)`,
    [workspaceId, livemode, clientId, project, promptId, model],
  );
  await db.query(`select pg_notify('cached_answers', $1)`, [workspaceId]);
  return rowCount ?? 0;
}

/** From now on no answer of the mode is found, by any process. */
export async function raiseEpoch(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
): Promise<void> {
  await db.query(
    `with raised as (
       update workspaces set cache_epoch = cache_epoch + $2::integer, test_cache_epoch = test_cache_epoch + (1 - $2::integer)
       where id = $1 returning id)
     select pg_notify('workspaces', id), pg_notify('cached_answers', id) from raised`,
    [workspaceId, livemode ? 1 : 0],
  );
}

export interface AnswerSums {
  entries: number;
  bytes: number;
  hits: number;
  oldestAt: Date | undefined;
}

export async function sumAnswers(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode?: boolean | undefined },
): Promise<AnswerSums> {
  const { rows } = await db.query(
    `select count(*)::integer as entries, coalesce(sum(bytes), 0)::float8 as bytes, coalesce(sum(hits), 0)::float8 as hits,
       min(created_at) as oldest
     from cached_answers where workspace_id = $1 and ($2::boolean is null or livemode = $2) and expires_at > now()`,
    [workspaceId, livemode],
  );
  const [row] = rows as { entries: number; bytes: number; hits: number; oldest: Date | null }[];
  return {
    entries: row?.entries ?? 0,
    bytes: row?.bytes ?? 0,
    hits: row?.hits ?? 0,
    oldestAt: row?.oldest ?? undefined,
  };
}

/** Deletes a workspace's answers until no more than that is left: test mode's first, then what expires soonest. */
export async function trimAnswers(
  db: Db,
  workspaceId: string,
  { entries, bytes }: { entries: number; bytes: number },
): Promise<number> {
  const { rowCount } = await db.query(
    `with ranked as (
       select key, row_number() over w as n, sum(bytes) over w as total from cached_answers where workspace_id = $1
       window w as (order by livemode desc, expires_at desc, key))
     delete from cached_answers c using ranked r
     where c.workspace_id = $1 and c.key = r.key and (r.n > $2 or r.total > $3)`,
    [workspaceId, entries, bytes],
  );
  return rowCount ?? 0;
}

/** Deletes a piece of the expired answers; returns whether there may be more. */
export async function deleteExpired(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from cached_answers where ctid = any(array(
       select ctid from cached_answers where expires_at <= now() order by expires_at limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

/** Deletes a piece of the answers of an earlier epoch, which no call finds; returns whether there may be more. Looks at every answer there is. */
export async function deleteOfEarlierEpochs(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from cached_answers where ctid = any(array(
       select c.ctid from cached_answers c join workspaces w on w.id = c.workspace_id
       where c.epoch < case when c.livemode then w.cache_epoch else w.test_cache_epoch end limit $1 for update of c skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}
