import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';

import { limitIn } from './budget.ts';
import { readBudget } from './budget-store.ts';
import { viewBudget } from './budget-view.ts';
import { takeEnded } from './ended-balance-store.ts';
import { periodAt } from './period.ts';

interface PeriodPorts {
  db: Pool;
  now: () => number;
  outbox: Outbox;
}

const atOnce = 200;

/** Notifies that budgets reset because their period has ended; each once, by the first process that comes to it. */
export async function beginPeriods(services: PeriodPorts): Promise<void> {
  const nowMs = services.now();
  const resets = await withTransaction(services.db, async (tx) => {
    const ended = await takeEnded(tx, new Date(nowMs), atOnce);
    const events = ended.flatMap(({ budget: row, instance, spentNanos, deleted }): NewEvent[] => {
      const budget = readBudget(row);
      // A budget of which nothing was spent does not reset.
      if (deleted || spentNanos === 0n) return [];
      const period = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
      const view = viewBudget(
        budget,
        {
          instance,
          limitNanos: limitIn(budget, period.endMs),
          spentNanos: 0n,
          heldNanos: 0n,
          notifiedThresholds: [],
          periodStartMs: period.startMs,
          periodEndMs: period.endMs,
        },
        { asInstance: true },
      );
      const { client_id: clientId, project, scenario_id: scenarioId } = view.scope;
      return [
        {
          workspaceId: budget.workspaceId,
          livemode: budget.livemode,
          type: 'budget.reset',
          clientId,
          project,
          scenarioId,
          budgetId: budget.id,
          data: { budget: view },
        },
      ];
    });
    await services.outbox.record(tx, events);
    return events.length;
  });
  if (resets > 0) services.outbox.deliverSoon();
}
