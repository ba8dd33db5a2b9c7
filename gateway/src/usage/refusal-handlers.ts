import type { Handlers } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import { badCursor, readParts, writeParts } from './cursor.ts';
import { ownFilter, type TagInput } from './own-filter.ts';
import { type RefusalFilter, type StoredRefusal, selectRefusals, sumRefusals } from './refusal-store.ts';
import { type RangePorts, rangeIn } from './workspace-range.ts';

/** The ports of the operations about refusals. */
export interface RefusalPorts extends RangePorts {
  db: Pool;
  refusals: { flush(): Promise<void> };
}

export const refusalHandlers: Pick<Handlers<Context<RefusalPorts>>, 'refusals.list' | 'refusals.summary'> = {
  'refusals.list': async (input, context) => {
    const { services, caller } = context;
    const filter = filterOf(caller, await rangeIn(context, input), input);
    // A refusal of this moment is on record too.
    await services.refusals.flush();
    const skip = input.cursor === undefined ? 0 : readSkip(input.cursor);
    const rows = await selectRefusals(services.db, filter, { skip, limit: input.limit + 1 });
    return {
      data: rows.slice(0, input.limit).map((row) => describeRefusal(row, caller)),
      next_cursor: rows.length > input.limit ? writeParts([String(skip + input.limit)]) : null,
    };
  },

  'refusals.summary': async (input, context) => {
    const { services, caller } = context;
    await services.refusals.flush();
    const sums = await sumRefusals(services.db, filterOf(caller, await rangeIn(context, input), input));
    return {
      data: sums.map(({ code, count, last_at }) => ({ code, count: Number(count), last_at: last_at.toISOString() })),
      total: sums.reduce((total, { count }) => total + Number(count), 0),
    };
  },
};

/**
 * Messages and budgets were said to the key that called. A key with locked tags gets those of its own calls only: others name budgets of the
 * whole workspace, and costs that a client does not see.
 */
export function describeRefusal(row: StoredRefusal, caller: Caller) {
  const { billed, count, hour, first_at, last_at, request_ids, message, budget_id, ...rest } = row;
  const isShown = seesScope(caller) || row.key_id === caller.keyId;
  return {
    ...rest,
    budget_id: isShown ? budget_id : null,
    message: isShown && (billed || seesMargin(caller)) ? message : null,
    count: Number(count),
    hour: hour.toISOString(),
    first_at: first_at.toISOString(),
    last_at: last_at.toISOString(),
    request_ids: [...request_ids].reverse(),
  };
}

function seesScope({ lockedTags }: Caller): boolean {
  return lockedTags.length === 0;
}

const skipMax = 1_000_000;

function readSkip(cursor: string): number {
  const [text, ...more] = readParts(cursor);
  const skip = typeof text === 'string' && /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(skip <= skipMax) || more.length > 0) throw badCursor();
  return skip;
}

interface RefusalInput extends TagInput {
  code?: string | undefined;
  budget_id?: string | undefined;
}

function filterOf(caller: Caller, { from, to }: { from: Date; to: Date }, input: RefusalInput): RefusalFilter {
  const own = ownFilter(caller, input);
  // Which budget refused the call of another key is not shown, so it cannot be searched for.
  const isHidden = input.budget_id !== undefined && !seesScope(caller);
  return { ...own, from, to, code: input.code, budgetId: input.budget_id, keyId: isHidden ? caller.keyId : own.keyId };
}
