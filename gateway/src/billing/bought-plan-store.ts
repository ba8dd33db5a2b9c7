import type { Pool } from 'pg';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { OtherChange } from '../accounts/other-changes.ts';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import { type Db, withTransaction } from '../db/transaction.ts';

export type PlanStatus = 'none' | 'active' | 'past_due' | 'canceled';

export interface BoughtPlan {
  workspaceId: string;
  customerId: string;
  subscriptionId: string | null;
  status: PlanStatus;
}

const columns = `workspace_id as "workspaceId", customer_id as "customerId", subscription_id as "subscriptionId", status`;

export async function findBoughtPlan(db: Db, workspaceId: string): Promise<BoughtPlan | undefined> {
  const { rows } = await db.query(`select ${columns} from bought_plans where workspace_id = $1`, [workspaceId]);
  return rows[0] as BoughtPlan | undefined;
}

/** Every plan that Stripe charges for: what is used beyond it is reported. */
export async function listChargedPlans(db: Db): Promise<BoughtPlan[]> {
  const { rows } = await db.query(
    `select ${columns} from bought_plans where status in ('active', 'past_due') order by workspace_id`,
  );
  return rows as BoughtPlan[];
}

/** The state of a subscription at the moment of an event of Stripe. */
export interface PlanChange {
  eventId: string;
  at: Date;
  /** The workspace where the event names it; otherwise it is found by its customer. */
  workspaceId: string | undefined;
  customerId: string;
  subscriptionId: string | undefined;
  status: PlanStatus;
  /** Is the subscription at the price of our plan? Undefined where the event does not say. */
  isOurs: boolean | undefined;
}

/** The tokens of a month beyond the plan; `begins` for the month of now. */
export interface MonthOverage {
  month: Date;
  begins: boolean;
  tokens: number;
}

export type Taken = 'taken' | 'known' | 'older' | 'unknown_workspace' | 'other_price' | 'other_customer';

/**
 * Writes down what an event says, once: an event that was taken before changes nothing, nor does one that is older than the newest, nor the
 * end of a subscription that another one has replaced. An account of Stripe sells other things, too: those are no plan of a workspace.
 */
export async function takePlanChange(
  db: Pool,
  change: PlanChange,
  overageOf: (tx: Db, workspaceId: string) => Promise<MonthOverage[]>,
): Promise<{ taken: Taken; workspaceId?: string }> {
  return withTransaction(db, async (tx) => {
    const first = await tx.query('insert into stripe_events (id) values ($1) on conflict do nothing', [change.eventId]);
    if (first.rowCount === 0) return { taken: 'known' };
    const bought = await findPlanOfCustomer(tx, change.customerId);
    if (change.isOurs === false && (bought === undefined || bought.subscriptionId !== change.subscriptionId))
      return { taken: 'other_price' };
    const workspaceId =
      bought?.workspaceId ?? (change.isOurs === true ? await findWorkspace(tx, change.workspaceId) : undefined);
    if (workspaceId === undefined) return { taken: 'unknown_workspace' };
    // One row is locked at a time, so two events of a workspace wait for each other.
    await tx.query('select 1 from workspaces where id = $1 for update', [workspaceId]);
    const before = await findBoughtPlan(tx, workspaceId);
    if (before !== undefined && isCharged(before.status) && before.customerId !== change.customerId)
      return { taken: 'other_customer', workspaceId };
    const { rows } = await tx.query(
      `insert into bought_plans as plan (workspace_id, customer_id, subscription_id, status, changed_at)
       values ($1, $2, $3, $4, $5)
       on conflict (workspace_id) do update
         set customer_id = excluded.customer_id, subscription_id = coalesce(excluded.subscription_id, plan.subscription_id),
           status = excluded.status, changed_at = excluded.changed_at
         where plan.changed_at <= excluded.changed_at
           -- A subscription that has ended does not come back; a new one may replace it.
           and not (plan.status = 'canceled' and plan.subscription_id = excluded.subscription_id)
           -- Events of one second arrive in any order, and no subscription goes back to its beginning.
           and not (excluded.status = 'none' and plan.status <> 'none')
           and not (excluded.status = 'canceled' and plan.status in ('active', 'past_due')
             and plan.subscription_id <> excluded.subscription_id)
       returning 1`,
      [workspaceId, change.customerId, change.subscriptionId ?? null, change.status, change.at],
    );
    if (rows.length === 0) return { taken: 'older', workspaceId };
    await recordPlan(tx, { workspaceId, before, change });
    // The live calls of a workspace that signed up wait for its plan, on every process.
    await tx.query(`select pg_notify('workspaces', $1)`, [workspaceId]);
    if (isCharged(change.status) && !isCharged(before?.status ?? 'none'))
      for (const overage of await overageOf(tx, workspaceId)) await forgiveOverage(tx, { workspaceId, ...overage });
    return { taken: 'taken', workspaceId };
  });
}

/** In the transaction of the change. An event that repeats what is known leaves no row. */
async function recordPlan(
  tx: Db,
  { workspaceId, before, change }: { workspaceId: string; before: BoughtPlan | undefined; change: PlanChange },
): Promise<void> {
  const [old, status] = [before?.status ?? 'none', change.status];
  if (old === status) return;
  await insertAuditRecord(tx, {
    workspaceId,
    livemode: true,
    operation: planOperation(old, status),
    actor: { type: 'system', id: 'stripe', name: 'Stripe' },
    target: { type: 'plan', id: workspaceId },
    before: { status: old },
    after: { status },
  });
}

function planOperation(old: PlanStatus, status: PlanStatus): OtherChange {
  if (status === 'past_due') return 'plan.payment-failed';
  if (status === 'canceled') return 'plan.cancel';
  return status === 'active' && !isCharged(old) ? 'plan.buy' : 'plan.change';
}

export function isCharged(status: PlanStatus): boolean {
  return status === 'active' || status === 'past_due';
}

async function findPlanOfCustomer(tx: Db, customerId: string): Promise<BoughtPlan | undefined> {
  const { rows } = await tx.query(`select ${columns} from bought_plans where customer_id = $1`, [customerId]);
  return rows[0] as BoughtPlan | undefined;
}

async function findWorkspace(tx: Db, id: string | undefined): Promise<string | undefined> {
  const { rows } = await tx.query('select id from workspaces where id = $1', [id ?? null]);
  return (rows as { id: string }[])[0]?.id;
}

/** Deletes a piece of those that Stripe repeats no more: it does so for three days at most. Returns whether there may be more. */
export async function deleteOldStripeEvents(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from stripe_events where ctid = any(array(
       select ctid from stripe_events where received_at < now() - interval '30 days' limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

export interface OverageReport {
  reported: number;
  pending: { tokens: number; identifier: string; at: Date } | undefined;
}

/** The report of a month; undefined where the workspace had no plan in it. A month that has only begun is written down with nothing reported. */
export async function findOverageReport(
  db: Db,
  { workspaceId, month, begins }: { workspaceId: string; month: Date; begins: boolean },
): Promise<OverageReport | undefined> {
  // Versions before named the month by the clock of the process, which is a day behind west of Greenwich, and may still do so beside this one.
  await db.query(
    `insert into overage_reports as own (workspace_id, month, reported_tokens, pending_tokens, pending_identifier, pending_at)
     select workspace_id, $2::date, reported_tokens, pending_tokens, pending_identifier, pending_at
     from overage_reports where workspace_id = $1 and month = $2::date - 1
     on conflict (workspace_id, month) do update set reported_tokens = greatest(own.reported_tokens,
       excluded.reported_tokens + coalesce(excluded.pending_tokens, 0) - coalesce(own.pending_tokens, 0))`,
    [workspaceId, month],
  );
  if (begins)
    await db.query(
      'insert into overage_reports (workspace_id, month, reported_tokens) values ($1, $2, 0) on conflict do nothing',
      [workspaceId, month],
    );
  const { rows } = await db.query(
    `select reported_tokens as reported, pending_tokens as tokens, pending_identifier as identifier, pending_at as at
     from overage_reports where workspace_id = $1 and month = $2`,
    [workspaceId, month],
  );
  const [row] = rows as { reported: bigint; tokens: bigint | null; identifier: string | null; at: Date | null }[];
  if (row === undefined) return undefined;
  const { tokens, identifier, at } = row;
  return {
    reported: Number(row.reported),
    pending:
      tokens === null || identifier === null || at === null ? undefined : { tokens: Number(tokens), identifier, at },
  };
}

/**
 * The plan is bought: what the month has beyond it so far is not charged. Nor is the month before, which is reported only where the workspace had
 * a plan in it: it may have ended before the month did.
 */
async function forgiveOverage(
  tx: Db,
  { workspaceId, month, begins, tokens }: MonthOverage & { workspaceId: string },
): Promise<void> {
  await tx.query(
    `insert into overage_reports as report (workspace_id, month, reported_tokens)
     select $1, $2, $3 where $4 or exists (select from overage_reports where workspace_id = $1 and month = $2)
     on conflict (workspace_id, month) do update
       set reported_tokens = greatest(report.reported_tokens, excluded.reported_tokens - coalesce(report.pending_tokens, 0))`,
    [workspaceId, month, tokens, begins],
  );
}

/** Sets a report apart before it is sent. False where another process has set one apart, or reported, since. */
export async function reserveOverage(
  db: Db,
  report: { workspaceId: string; month: Date; reported: number; tokens: number; identifier: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update overage_reports set pending_tokens = $4, pending_identifier = $5, pending_at = $6
     where workspace_id = $1 and month = $2 and reported_tokens = $3 and pending_tokens is null`,
    [report.workspaceId, report.month, report.reported, report.tokens, report.identifier, report.at],
  );
  return rowCount === 1;
}

/** Stripe has it. Harmless when said twice. */
export async function settleOverage(
  db: Db,
  { workspaceId, month, identifier }: { workspaceId: string; month: Date; identifier: string },
): Promise<void> {
  await db.query(
    `update overage_reports set reported_tokens = reported_tokens + pending_tokens,
       pending_tokens = null, pending_identifier = null, pending_at = null
     where workspace_id = $1 and month = $2 and pending_identifier = $3`,
    [workspaceId, month, identifier],
  );
}
