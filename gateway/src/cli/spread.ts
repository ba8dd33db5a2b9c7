import type { Pool } from 'pg';
import { showProgress } from '../backup/progress.ts';
import { type Db, withLongTransaction } from '../db/transaction.ts';
import { wholeInstallationMinutes } from '../db/transaction-settings.ts';
import { isInUse } from './is-in-use.ts';
import {
  citusVersion,
  copyToWorkers,
  countWorkers,
  dropLocalRows,
  estimateRows,
  isCoordinator,
  listSpread,
  spreadTable,
} from './spread-store.ts';

/**
 * The tables that grow with the calls. All are spread by `workspace_id`, so that the rows of a workspace are together and a statement that
 * joins them runs on one worker. The ledger stays on the coordinator: it locks balances of several workspaces in one statement, which Citus refuses. So do
 * keys (unique by their hash over all workspaces), settings, events and webhooks (joined with each other and locked across workspaces),
 * the times by which few calls are found, and the sums of experiments and prompts, which feedback and its marks are joined with.
 */
export const spreadTables = [
  'calls',
  'usage_hours',
  'usage_days',
  'usage_quarters',
  'usage_narrow_hours',
  'usage_narrow_days',
  'usage_task_hours',
  'usage_task_days',
  'usage_task_quarters',
  'tag_values',
  'unwritten_calls',
] as const;

/** Small tables that statements join with spread tables and with those of the coordinator: every node has a copy. */
const copiedTables = ['clients', 'dropped_months'] as const;

/** Why this database cannot be spread, as a sentence that says what to do. Undefined where it can. */
async function whyNotSpread(pool: Pool): Promise<string | undefined> {
  const version = await citusVersion(pool);
  if (version === undefined)
    return 'This database has no Citus. Install it on the coordinator and the workers, then run "create extension citus" on each.';
  if (Number.parseInt(version, 10) < 13) return `This database has Citus ${version}; 13 or newer is needed.`;
  if (!(await isCoordinator(pool)))
    return 'DATABASE_URL leads to a worker. Give the coordinator’s address, here and to every gateway.';
  if ((await countWorkers(pool)) === 0)
    return `The coordinator has no workers. Add each with "select citus_add_node('HOST', 5432)".`;
  if (await isInUse(pool)) return 'A gateway uses this database. Stop every gateway, spread, then start them again.';
  return undefined;
}

/** Spreads the tables that are not spread yet; a second run goes on where the first one ended. False, with the reason printed, where it cannot. */
export async function spread(pool: Pool, print: (line: string) => void): Promise<boolean> {
  const reason = await whyNotSpread(pool);
  if (reason !== undefined) {
    print(reason);
    return false;
  }
  const inFull = (step: (tx: Db) => Promise<void>): Promise<void> =>
    withLongTransaction(pool, wholeInstallationMinutes, step);
  const before = await listSpread(pool);
  for (const table of copiedTables) if (!before.has(table)) await inFull((tx) => copyToWorkers(tx, table));
  const todo = spreadTables.filter((table) => !before.has(table));
  const progress = showProgress({ verb: 'Spreading', unit: 'rows' });
  for (const table of todo) {
    const rows = await estimateRows(pool, table);
    await inFull((tx) => spreadTable(tx, table));
    await inFull((tx) => dropLocalRows(tx, table));
    progress.add(rows);
  }
  const { amount, time } = progress.end();
  print(
    todo.length === 0
      ? 'Everything that can be spread is spread already.'
      : `Spread ${todo.join(', ')} over ${await countWorkers(pool)} workers by workspace (about ${amount} in ${time}).`,
  );
  print('The ledger, keys and settings stay on the coordinator, which needs a synchronous standby of its own.');
  return true;
}
