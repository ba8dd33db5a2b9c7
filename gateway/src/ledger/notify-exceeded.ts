import type { Pool } from 'pg';
import type { CallTags } from '../accounts/call-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import type { BudgetBalance } from './budget-balance.ts';
import { budgetEvent } from './budget-event.ts';
import { markExceeded } from './charge-store.ts';
import type { Ledger } from './ledger.ts';

interface ExceededPorts {
  db: Pool;
  ledger: Pick<Ledger, 'heldOf'>;
  outbox: Outbox;
}

/** The first call refused for want of money is told like a limit that is spent; once in a period, whoever gets there first. */
export async function notifyExceeded(services: ExceededPorts, balance: BudgetBalance, tags: CallTags): Promise<void> {
  if (balance.exceededNotified) return;
  balance.exceededNotified = true;
  try {
    await withTransaction(services.db, async (tx) => {
      const row = await markExceeded(tx, balance);
      if (row === undefined) return;
      const heldNanos = services.ledger.heldOf(balance.id) ?? row.heldNanos;
      await services.outbox.record(tx, [budgetEvent(balance.budget, { ...row, heldNanos }, { percent: 100, tags })]);
    });
  } catch (error) {
    // Nothing was told: the next call that is refused tells it.
    balance.exceededNotified = false;
    throw error;
  }
  services.outbox.deliverSoon();
}
