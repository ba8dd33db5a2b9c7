import type { Db } from '../db/transaction.ts';
import { type Budget, type Scope, scopeNames } from './budget.ts';
import type { PeriodKind } from './period.ts';

const columns = `workspace_id, id, livemode, name, client_id, project, scenario_id, key_id, limit_nanos, period, timezone,
  thresholds, on_limit, extra_nanos, extra_until, created_at`;

/** Makes every process read the budgets of this workspace again. */
export const publishBudgetChange = (workspaceId: string): { text: string; values: string[] } => ({
  text: "select pg_notify('budgets', $1)",
  values: [workspaceId],
});

export async function insertBudget(db: Db, budget: Omit<Budget, 'createdAtMs'>): Promise<Budget> {
  const { scope } = budget;
  const { rows } = await db.query(
    `insert into budgets (workspace_id, id, livemode, name, client_id, project, scenario_id, key_id, limit_nanos, period,
       timezone, thresholds, on_limit, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, date_trunc('milliseconds', clock_timestamp()))
     returning ${columns}`,
    [
      budget.workspaceId,
      budget.id,
      budget.livemode,
      budget.name,
      scope.client_id ?? null,
      scope.project ?? null,
      scope.scenario_id ?? null,
      scope.key_id ?? null,
      budget.limitNanos,
      budget.period,
      budget.timezone,
      budget.thresholds,
      budget.onLimit,
    ],
  );
  await db.query(publishBudgetChange(budget.workspaceId));
  const [inserted] = rows.map(readBudget);
  if (inserted === undefined) throw new Error('an insert returns its row');
  return inserted;
}

/** The budgets in force, oldest first. */
export async function listBudgets(db: Db, workspaceId: string, livemode: boolean): Promise<Budget[]> {
  const { rows } = await db.query(
    `select ${columns} from budgets where workspace_id = $1 and livemode = $2 and deleted_at is null order by id`,
    [workspaceId, livemode],
  );
  return rows.map(readBudget);
}

/** Locked until the transaction ends when `forUpdate`. */
export async function findBudget(
  db: Db,
  place: { workspaceId: string; livemode: boolean; id: string },
  options: { forUpdate?: boolean } = {},
): Promise<Budget | undefined> {
  const conditionsLock = options.forUpdate ? 'for update' : '';
  const { rows } = await db.query(
    `select ${columns} from budgets where workspace_id = $1 and livemode = $2 and id = $3 and deleted_at is null
     ${conditionsLock}`,
    [place.workspaceId, place.livemode, place.id],
  );
  return rows.map(readBudget)[0];
}

export async function deleteBudget(db: Db, budget: Pick<Budget, 'workspaceId' | 'id'>): Promise<void> {
  await db.query('update budgets set deleted_at = clock_timestamp() where workspace_id = $1 and id = $2', [
    budget.workspaceId,
    budget.id,
  ]);
  await db.query(publishBudgetChange(budget.workspaceId));
}

/** The budget as it is now, deleted ones too: no row of a budget is removed. */
export async function readAgain(db: Db, { workspaceId, id }: Budget): Promise<Budget> {
  const { rows } = await db.query(`select ${columns} from budgets where workspace_id = $1 and id = $2`, [
    workspaceId,
    id,
  ]);
  return readBudget(rows[0]);
}

export function readBudget(row: unknown): Budget {
  const value = row as {
    workspace_id: string;
    id: string;
    livemode: boolean;
    name: string;
    limit_nanos: bigint;
    period: PeriodKind;
    timezone: string;
    thresholds: number[];
    on_limit: Budget['onLimit'];
    extra_nanos: bigint;
    extra_until: Date | null;
    created_at: Date;
  } & Record<(typeof scopeNames)[number], string | null>;
  const scope: Scope = {};
  for (const name of scopeNames) if (value[name] !== null) scope[name] = value[name];
  return {
    workspaceId: value.workspace_id,
    id: value.id,
    livemode: value.livemode,
    name: value.name,
    scope,
    limitNanos: value.limit_nanos,
    period: value.period,
    timezone: value.timezone,
    thresholds: value.thresholds,
    onLimit: value.on_limit,
    extraNanos: value.extra_nanos,
    extraUntilMs: value.extra_until?.getTime(),
    createdAtMs: value.created_at.getTime(),
  };
}
