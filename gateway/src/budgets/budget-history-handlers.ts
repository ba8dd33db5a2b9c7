import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Context } from '../accounts/context.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import { badCursor, isOurTime, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { billed, type Markup } from '../usage/markup.ts';
import { type HistoryRow, listHistory } from './budget-history-store.ts';
import { type BudgetPorts, markupOfCaller, ownBudget } from './shown-budgets.ts';
import { undoRaise } from './undo-raise.ts';

type Entry = OutputOf<'budgets.history'>['data'][number];

export const budgetHistoryHandlers: Pick<
  Handlers<Context<BudgetPorts>>,
  'budgets.history' | 'budgets.raises.remove'
> = {
  'budgets.history': async ({ id, cursor, limit }, { caller, services }) => {
    const budget = await ownBudget(services, caller, id);
    const rows = await listHistory(services.db, budget, {
      now: new Date(services.now()),
      limit: limit + 1,
      after: cursor === undefined ? undefined : readHistoryCursor(cursor),
    });
    const shown = { markup: await markupOfCaller(services, caller), names: seesMargin(caller) };
    return pageOf(rows, limit, {
      view: (row) => entryOf(row, shown),
      cursor: (row) => writeParts([row.at.toISOString(), row.id]),
    });
  },

  'budgets.raises.remove': async ({ id, raise_id }, context) => {
    await undoRaise(context, { budgetId: id, raiseId: raise_id });
    return null;
  },
};

function readHistoryCursor(cursor: string): { at: Date; id: string } {
  const [at = '', id = ''] = readTexts(cursor, 2);
  if (!isOurTime(at)) throw badCursor();
  return { at: new Date(at), id };
}

/** The names of an agency's people and keys are not for its clients. */
function entryOf(row: HistoryRow, { markup, names }: { markup: Markup | undefined; names: boolean }): Entry {
  const usd = (nanos: bigint | null): number | null => (nanos === null ? null : toUsd(billed(nanos, markup)));
  return {
    kind: row.kind,
    at: row.at.toISOString(),
    by: names ? (row.by_name ?? row.by_id) : null,
    by_id: names ? row.by_id : null,
    by_usd: usd(row.by_nanos),
    until: row.until,
    raise_id: row.raise_id,
    undone_at: row.undone_at?.toISOString() ?? null,
    limit_before_usd: usd(row.before_nanos),
    limit_usd: toUsd(billed(row.after_nanos, markup)),
    fields: row.fields ?? [],
    period_start: row.period_start?.toISOString() ?? null,
    period_end: row.period_end?.toISOString() ?? null,
    spent_usd: usd(row.spent_nanos),
    instances: row.instances,
  };
}
