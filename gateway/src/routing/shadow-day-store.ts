import type { Db } from '../db/transaction.ts';

interface ShadowDay {
  workspaceId: string;
  livemode: boolean;
  /** `2026-12-01`, in UTC. */
  day: string;
}

/**
 * Takes the most that calls can cost out of the budget of their day; false where that much is not left. One statement, so that processes that do
 * it at once do not take more than there is. `answers`: so many of the calls are second answers, and the others are questions to judges.
 */
export async function takeFromDay(
  db: Db,
  { workspaceId, livemode, day }: ShadowDay,
  { nanos, limitNanos, calls, answers }: { nanos: bigint; limitNanos: bigint; calls: number; answers: number },
): Promise<boolean> {
  if (nanos > limitNanos) return false;
  const { rowCount } = await db.query(
    `insert into shadow_days as d (workspace_id, livemode, day, spent_nanos, calls, answers) values ($1, $2, $3, $4, $6, $7)
     on conflict (workspace_id, livemode, day) do update set spent_nanos = d.spent_nanos + excluded.spent_nanos, calls = d.calls + excluded.calls,
       answers = d.answers + excluded.answers
       where d.spent_nanos + excluded.spent_nanos <= $5`,
    [workspaceId, livemode, day, nanos, limitNanos, calls, answers],
  );
  return rowCount === 1;
}

/** The use of a day: the cost of its second answers and of the questions to judges, and the most that those under way can cost. */
export async function readDay(
  db: Db,
  { workspaceId, livemode, day }: ShadowDay,
): Promise<{ spentNanos: bigint; answers: number }> {
  const { rows } = await db.query(
    `select spent_nanos as "spentNanos", answers from shadow_days where workspace_id = $1 and livemode = $2 and day = $3`,
    [workspaceId, livemode, day],
  );
  return (rows as { spentNanos: bigint; answers: number }[])[0] ?? { spentNanos: 0n, answers: 0 };
}

/**
 * Gives back what calls did not cost, and takes those that never went out off the count. A process that dies before has spent it all, as its open
 * call is settled.
 */
export async function returnToDay(
  db: Db,
  { workspaceId, livemode, day }: ShadowDay,
  { nanos, calls, answers }: { nanos: bigint; calls: number; answers: number },
): Promise<void> {
  await db.query(
    `update shadow_days set spent_nanos = spent_nanos - $4, calls = calls - $5, answers = answers - $6
     where workspace_id = $1 and livemode = $2 and day = $3`,
    [workspaceId, livemode, day, nanos, calls, answers],
  );
}
