import type { Pool } from 'pg';
import type { CallTags } from '../accounts/call-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import type { BudgetBalance } from './budget-balance.ts';
import { budgetEvent } from './budget-event.ts';
import { markExceeded } from './charge-store.ts';
import type { Ledger } from './ledger.ts';

export interface ExceededPorts {
  db: Pool;
  ledger: Pick<Ledger, 'heldOf'>;
  outbox: Outbox;
}

/**
 * The first call that is refused for lack of money is notified like a limit that is spent: once in a period, by the first process that
 * comes to it.
 */
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
    // The event is not written: the next call that is refused writes it.
    balance.exceededNotified = false;
    throw error;
  }
  services.outbox.deliverSoon();
}
