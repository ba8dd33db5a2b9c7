import { toUsd } from '@ai-gateway/shared/money';
import type { Db } from '../db/transaction.ts';
import { compareBooks } from './ledger-check-store.ts';

/** Two books, one truth: recomputes every budget from its calls and says what differs. True when nothing does. */
export async function verifyLedger(db: Db, print: (line: string) => void): Promise<boolean> {
  const { meters, differences } = await compareBooks(db);
  for (const one of differences) {
    const where = `${one.workspaceId} ${one.budgetId} "${one.name}"${one.instance === '' ? '' : ` ${one.instance}`} from ${one.periodStart.toISOString()}`;
    if (one.spentNanos !== one.callsNanos)
      print(`${where}: the budget says $${toUsd(one.spentNanos)}, its calls say $${toUsd(one.callsNanos)}`);
    if (one.leasedNanos !== one.leasesNanos)
      print(`${where}: $${toUsd(one.leasedNanos)} are leased, the leases say $${toUsd(one.leasesNanos)}`);
  }
  print(
    differences.length === 0
      ? `Ledger OK: ${meters} ${meters === 1 ? 'budget' : 'budgets'} checked.`
      : `${differences.length} of ${meters} counts differ.`,
  );
  return differences.length === 0;
}
