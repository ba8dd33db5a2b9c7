import type { Db } from '../db/transaction.ts';
import type { ModelJudge } from './auto-settings.ts';
import { isCurrent, judgeHash, judgesOf } from './judges.ts';
import { readRouting } from './routing-version-store.ts';
import { rowsInSlice, type Slice, sliceOf } from './slices.ts';
import {
  afterPairOf,
  isRepresentative,
  noClaim,
  type Reach,
  type TaskClaim,
  type VersionSeen,
  withPair,
} from './task-claim.ts';

/** Two answers to one call, by a small and by a strong model, that were compared. */
export interface ComparedPair {
  workspaceId: string;
  livemode: boolean;
  /** In hex. */
  task: string;
  /** The type of the task, as it was guessed. */
  topic: string;
  weak: string;
  strong: string;
  agrees: boolean;
  /** The judge that compared them; undefined: a program did. */
  judge?: ModelJudge | undefined;
  /** Of the prompt, where the call has one. */
  promptVersion?: number | undefined;
}

export interface StoredClaim extends TaskClaim, Reach, VersionSeen {
  task: string;
  topic: string;
  weak: string;
  strong: string;
  /** Of the pairs, those that a model compared. */
  judged: number;
  /** Their hashes. */
  judges: string[];
  /** It has reached the dial of the workspace, and no later pair took that back. */
  isCleared: boolean;
  /** It did, and the latest pairs took that back. */
  isWithdrawn: boolean;
  /** When the latest pair was compared. */
  updatedAt: Date;
}

/** A judge has an opinion: pairs that it compared are told apart from those that agree. */
export function isMostlyJudged({ judged, pairs }: Pick<StoredClaim, 'judged' | 'pairs'>): boolean {
  return judged * 2 > pairs;
}

/**
 * Adds a pair to the claim about its task, and to the rates. A claim of a judge that was changed since begins again. `level`: the share that the dial of the workspace asks for. `turned`: the
 * claim reaches it now, or no longer.
 */
export async function addPair(
  tx: Db,
  { workspaceId, livemode, task, topic, weak, strong, agrees, judge, promptVersion }: ComparedPair,
  level: number,
): Promise<{ claim: TaskClaim; before: TaskClaim; turned: 'cleared' | 'withdrawn' | undefined; isJudged: boolean }> {
  const scope = [workspaceId, livemode, Buffer.from(task, 'hex'), weak, strong];
  await tx.query(
    `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
     values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 1, '') on conflict do nothing`,
    [...scope, topic],
  );
  const { rows } = await tx.query(
    `select pairs, agreed, lower, upper, recent, judged, judges, sampled, comparable, prompt_version as "promptVersion",
       version_pairs as "versionPairs", cleared_at as "clearedAt"
     from task_claims where workspace_id = $1 and livemode = $2 and task = $3 and weak = $4 and strong = $5 for update`,
    scope,
  );
  const found = (rows as ClaimRow[])[0] ?? noRow;
  const isUsable = found.judged === 0 || isCurrent(found, judgesOf(await readRouting(tx, workspaceId)));
  const { judged: judgedBefore, judges: judgesBefore, clearedAt, ...before } = isUsable ? found : noRow;
  const claim = withPair(before, agrees);
  const seen = afterPairOf(found, promptVersion);
  const judged = claim.pairs === 0 ? 0 : judgedBefore + (judge === undefined ? 0 : 1);
  const judges = judge === undefined ? judgesBefore : [...new Set([...judgesBefore, judgeHash(judge)])];
  const isCleared = claim.lower >= level && isRepresentative(found);
  await tx.query(
    `update task_claims set pairs = $6, agreed = $7, lower = $8, upper = $9, recent = $10, updated_at = now(),
       judged = $12, judges = $13, prompt_version = $17, version_pairs = $18,
       cleared_at = case when $11::boolean then coalesce($14::timestamptz, now()) when $15::boolean then $14::timestamptz end,
       withdrawn_at = case when $11::boolean or $16::boolean then null when $14::timestamptz is not null and not $15::boolean then now() else withdrawn_at end
     where workspace_id = $1 and livemode = $2 and task = $3 and weak = $4 and strong = $5`,
    [
      ...[...scope, claim.pairs, claim.agreed, claim.lower, claim.upper, claim.recent, isCleared],
      ...[judged, judged === 0 ? [] : judges, clearedAt, claim.lower >= before.lower, !isUsable],
      ...[seen.promptVersion, seen.versionPairs],
    ],
  );
  await tx.query(
    `insert into task_rates as r (workspace_id, livemode, task, model, signal, n, ok_sum) values ($1, $2, $3, $4, 'agreement', 1, $5)
     on conflict (workspace_id, livemode, task, model, signal)
       do update set n = r.n + 1, ok_sum = r.ok_sum + excluded.ok_sum, updated_at = now()`,
    [...scope.slice(0, 4), agrees ? 1 : 0],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
  // A dial that was turned up withdraws nothing: the claim is what it was.
  const isWithdrawn = clearedAt !== null && !isCleared && claim.lower < before.lower;
  const turned = isCleared && clearedAt === null ? 'cleared' : isWithdrawn ? 'withdrawn' : undefined;
  const isJudged =
    turned === 'withdrawn' ? isMostlyJudged({ ...before, judged: judgedBefore }) : isMostlyJudged({ ...claim, judged });
  return { claim, before, turned, isJudged };
}

interface ClaimRow extends TaskClaim, Reach, VersionSeen, Pick<StoredClaim, 'judged' | 'judges'> {
  clearedAt: Date | null;
}

const noRow: ClaimRow = {
  ...{ ...noClaim, judged: 0, judges: [], clearedAt: null },
  ...{ sampled: 0, comparable: 0, promptVersion: null, versionPairs: 0 },
};

/** Where so many were sampled, half of them are forgotten. */
const sampledMax = 400;

/**
 * Notes that a call of the task was to be compared, and whether its answer can be. A task without a pair has no row, and gets none: calls that each
 * have a task of their own would fill the table.
 */
export async function noteSampled(
  db: Db,
  { workspaceId, livemode, task, weak, strong }: Omit<ComparedPair, 'topic' | 'agrees' | 'judge' | 'promptVersion'>,
  isComparable: boolean,
): Promise<void> {
  const half = (column: string): string => `case when sampled >= ${sampledMax} then ${column} / 2 else ${column} end`;
  // A task that so few of its answers stand for goes back to the strong model: views that other gateways keep are read again.
  await db.query(
    `with noted as (
       update task_claims set sampled = ${half('sampled')} + 1, comparable = ${half('comparable')} + $6::integer
       where workspace_id = $1 and livemode = $2 and task = $3 and weak = $4 and strong = $5
       returning workspace_id, cleared_at is not null and comparable * 10 < sampled * 9 as is_measured_again)
     select pg_notify('evidence', workspace_id) from noted where is_measured_again`,
    [workspaceId, livemode, Buffer.from(task, 'hex'), weak, strong, isComparable ? 1 : 0],
  );
}

/** Of the prompts of a workspace, archived ones included: a task may be one of them. */
export async function listPromptIds(db: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await db.query('select id from prompts where workspace_id = $1', [workspaceId]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

type ClaimValues = [
  ...[task: string, topic: string, weak: string, strong: string],
  ...[pairs: number, agreed: number, lower: number, upper: number, recent: string, judged: number, judges: string[]],
  ...[isCleared: boolean, isWithdrawn: boolean, updatedAt: string],
  ...[sampled: number, comparable: number, promptVersion: number | null, versionPairs: number],
];

function claimOf(values: ClaimValues): StoredClaim {
  const [task, topic, weak, strong, pairs, agreed, lower, upper, recent, judged, judges, ...more] = values;
  const [isCleared, isWithdrawn, at, sampled, comparable, promptVersion, versionPairs] = more;
  return {
    ...{ sampled, comparable, promptVersion, versionPairs },
    ...{ task, topic, weak, strong, pairs, agreed, lower, upper, recent, judged, judges, isCleared, isWithdrawn },
    updatedAt: new Date(at),
  };
}

/** See `task_claims_telling`. */
const isTelling = 'cleared_at is not null or withdrawn_at is not null or pairs >= 20';

/**
 * The claims of a workspace, those of the latest pairs first. Where there are more than `most`, those that say something of their tasks have room
 * before tasks with a pair or two, which a system text with a date in it makes by the thousands.
 */
export async function listClaims(
  db: Db,
  { workspaceId, livemode, most }: { workspaceId: string; livemode: boolean; most: number },
): Promise<Slice<StoredClaim>[]> {
  const { rows } = await db.query(
    `select json_agg(json_build_array(encode(task, 'hex'), topic, weak, strong, pairs, agreed, lower, upper, recent, judged, judges,
       cleared_at is not null, withdrawn_at is not null, updated_at, sampled, comparable, prompt_version, version_pairs) order by nth)::text as slice
     from (
       select *, row_number() over (order by updated_at desc) as nth from (
         select * from (
           (select *, true as is_telling from task_claims where workspace_id = $1 and livemode = $2 and (${isTelling})
            order by updated_at desc limit $3)
           union all
           (select *, false from task_claims where workspace_id = $1 and livemode = $2 and not (${isTelling})
            order by updated_at desc limit $3)) as both_kinds
         order by is_telling desc, updated_at desc limit $3) as latest) as numbered
     group by (nth - 1) / $4::integer order by min(nth)`,
    [workspaceId, livemode, most, rowsInSlice],
  );
  return (rows as { slice: string }[]).map((row) => sliceOf(row, claimOf));
}
