import { toUsd } from '@ai-gateway/shared/money';
import type { Db } from '../db/transaction.ts';
import { listFiles, readFiled } from '../usage/unwritten-file.ts';
import { type KeptCall, listUnwritten } from '../usage/unwritten-store.ts';
import { compareBooks } from './ledger-check-store.ts';

/** So many calls are named one by one. */
const namedMax = 100;

/**
 * Two books, one truth: recomputes every budget from its calls and says what differs, and names the calls that are not in `calls`. True
 * when nothing differs: a call in `unwritten_calls` is on record and paid for.
 */
export async function verifyLedger(
  db: Db,
  print: (line: string) => void,
  { dataDir }: { dataDir?: string } = {},
): Promise<boolean> {
  const filed = dataDir === undefined ? [] : await readAllFiled(dataDir);
  const { meters, differences } = await compareBooks(db, filed);
  for (const one of differences) {
    const where = `${one.workspaceId} ${one.budgetId} "${one.name}"${one.instance === '' ? '' : ` ${one.instance}`} from ${one.periodStart.toISOString()}`;
    if (one.spentNanos !== one.callsNanos)
      print(`${where}: the budget says $${toUsd(one.spentNanos)}, its calls say $${toUsd(one.callsNanos)}`);
    if (one.leasedNanos !== one.leasesNanos)
      print(`${where}: $${toUsd(one.leasedNanos)} are leased, the leases say $${toUsd(one.leasesNanos)}`);
  }
  await nameUnwritten(db, filed, print);
  print(
    differences.length === 0
      ? `Ledger OK: ${meters} ${meters === 1 ? 'budget' : 'budgets'} checked.`
      : `${differences.length} of ${meters} counts differ.`,
  );
  return differences.length === 0;
}

async function nameUnwritten(db: Db, filed: readonly KeptCall[], print: (line: string) => void): Promise<void> {
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

async function readAllFiled(dataDir: string): Promise<KeptCall[]> {
  const files = await Promise.all((await listFiles(dataDir)).map(({ path }) => readFiled(path)));
  return files.flat().map(({ call }) => call);
}
