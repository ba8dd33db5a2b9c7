import type { Db } from '../db/transaction.ts';

export interface VersionFigures {
  version: number;
  calls: number;
  cost_nanos: string;
  p50_ms: number | null;
  p95_ms: number | null;
  errors: number;
  json_calls: number;
  json_ok: number;
  cache_hits: number;
  feedback: number;
  feedback_score: number | null;
}

/** The calls of each version of a prompt in a stretch of time, of one mode. Answers from the cache count, but not for the times. */
export async function readVersionFigures(
  db: Db,
  at: { workspaceId: string; livemode: boolean; promptId: string; from: Date; to: Date },
): Promise<VersionFigures[]> {
  const { rows } = await db.query(
    `select prompt_version as version, count(*)::integer as calls, coalesce(sum(cost_nanos), 0)::text as cost_nanos,
       percentile_disc(0.5) within group (order by total_ms) filter (where status = 'succeeded' and cache is distinct from 'hit') as p50_ms,
       percentile_disc(0.95) within group (order by total_ms) filter (where status = 'succeeded' and cache is distinct from 'hit') as p95_ms,
       count(*) filter (where status = 'failed')::integer as errors,
       count(json_ok)::integer as json_calls, count(*) filter (where json_ok)::integer as json_ok,
       count(*) filter (where cache = 'hit')::integer as cache_hits,
       count(f.score)::integer as feedback, avg(f.score) as feedback_score
     from calls
     left join lateral (
       select avg(score) as score from feedback f where f.workspace_id = calls.workspace_id and f.call_id = calls.id) f on true
     where workspace_id = $1 and livemode = $2 and prompt_id = $3 and created_at >= $4 and created_at < $5 and shadow_of is null
     group by prompt_version order by prompt_version desc`,
    [at.workspaceId, at.livemode, at.promptId, at.from, at.to],
  );
  return rows as VersionFigures[];
}
