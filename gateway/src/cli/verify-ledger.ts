import { toUsd } from '@ai-gateway/shared/money';
import { historyFault } from '../db/timeline-guard.ts';
import { listElsewhere } from '../db/timeline-store.ts';
import type { Db } from '../db/transaction.ts';
import { listAccountedMonths } from '../usage/call-months-store.ts';
import { listFiles, readFiled } from '../usage/unwritten-file.ts';
import { listUnwritten, type UnwrittenRecord } from '../usage/unwritten-store.ts';
import { compareBooks, type Difference } from './ledger-check-store.ts';

/** At most this many calls are named one by one. */
const namedMax = 100;

/**
 * Two books, one truth: recomputes every budget from its calls and says what differs, and names the calls that are not in `calls`. The cost of
 * the calls of dropped months is in the balances. True when nothing differs: a call in `unwritten_calls` is on record and
 * paid for, and a budget some of whose calls somebody else dropped cannot be checked, and is named.
 */
export async function verifyLedger(
  db: Db,
  print: (line: string) => void,
  { dataDir }: { dataDir?: string } = {},
): Promise<boolean> {
  const filed = dataDir === undefined ? [] : await readAllFiled(dataDir);
  const { balances, differences } = await compareBooks(db, filed);
  const months = differences.length === 0 ? [] : await listAccountedMonths(db);
  const unknown = differences.filter((one) => isOnlyShort(one) && gapsIn(one.counted, months).length > 0);
  const wrong = differences.filter((one) => !unknown.includes(one));
  for (const one of wrong) {
    const where = `${one.workspaceId} ${one.budgetId} "${one.name}"${one.instance === '' ? '' : ` ${one.instance}`} from ${one.periodStart.toISOString()}`;
    if (one.spentNanos !== one.callsNanos)
      print(`${where}: the budget says $${toUsd(one.spentNanos)}, its calls add up to $${toUsd(one.callsNanos)}`);
    if (one.leasedNanos !== one.leasesNanos)
      print(`${where}: $${toUsd(one.leasedNanos)} is leased, the leases add up to $${toUsd(one.leasesNanos)}`);
  }
  await nameUnwritten(db, filed, print);
  if (unknown.length > 0) {
    const gone = [...new Set(unknown.flatMap(({ counted }) => gapsIn(counted, months)))].sort();
    print(
      `${unknown.length} of ${countOf(balances)} cannot be checked: the calls of ${gone.join(', ')} were dropped outside of the gateway.`,
    );
  }
  for (const { timeline, notedAt } of await listElsewhere(db))
    print(
      `Another primary on timeline ${timeline} may have calls that this database lacks: a gateway that wrote there came here at ${notedAt.toISOString()}. docs/high-availability.md says how to settle it.`,
    );
  const fault = dataDir === undefined ? undefined : await historyFault(db, dataDir);
  if (fault !== undefined) print(fault);
  print(
    wrong.length === 0
      ? `${fault === undefined ? 'Ledger OK' : 'The calls that are here add up'}: ${countOf(balances - unknown.length)} checked.`
      : `${wrong.length} of ${balances} counts differ.`,
  );
  return wrong.length === 0 && fault === undefined;
}

function countOf(balances: number): string {
  return `${balances} ${balances === 1 ? 'budget' : 'budgets'}`;
}

/** The budget says more than its calls: some of them may be gone. */
function isOnlyShort(one: Difference): boolean {
  return one.spentNanos > one.callsNanos && one.leasedNanos === one.leasesNanos;
}

/** The months of a stretch of time whose calls nobody knows, as `2026-05`. */
function gapsIn({ from, to }: { from: Date; to: Date }, known: readonly { from: Date; to: Date }[]): string[] {
  const gaps: string[] = [];
  const end = new Date(to);
  for (let at = monthStart(from, 0); at < end; at = monthStart(at, 1)) {
    const next = monthStart(at, 1);
    if (!known.some((month) => month.from < next && month.to > at)) gaps.push(at.toISOString().slice(0, 7));
  }
  return gaps;
}

function monthStart(at: Date, later: number): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1));
}

async function nameUnwritten(db: Db, filed: readonly UnwrittenRecord[], print: (line: string) => void): Promise<void> {
  const { calls, count } = await listUnwritten(db, namedMax);
  const line = (one: { id: string; workspaceId: string; status: string }, at: Date, costNanos: bigint, error: string) =>
    `${one.workspaceId} ${one.id} from ${at.toISOString()}, ${one.status}, $${toUsd(costNanos)}: ${error}`;
  if (count > 0)
    print(`${count} ${count === 1 ? 'call is' : 'calls are'} in unwritten_calls, since calls refused them:`);
  for (const one of calls) print(`  ${line(one, one.createdAt, one.costNanos, one.error)}`);
  if (count > calls.length) print(`  and ${count - calls.length} more`);
  if (filed.length > 0)
    print(
      `${filed.length} ${filed.length === 1 ? 'call is' : 'calls are'} in a file in DATA_DIR, since unwritten_calls refused them too:`,
    );
  for (const one of filed.slice(0, namedMax))
    print(`  ${line(one, new Date(one.createdAt), BigInt(one.costNanos), one.error)}`);
}

async function readAllFiled(dataDir: string): Promise<UnwrittenRecord[]> {
  const files = await Promise.all((await listFiles(dataDir)).map(({ path }) => readFiled(path)));
  return files.flat().map(({ call }) => call);
}
