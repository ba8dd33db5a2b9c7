import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import { extrasOf } from '../models/call-extras.ts';
import { boundInputTokens, contentBytes } from '../models/count-tokens.ts';
import { guardCall } from './guard-call.ts';
import type { ModelCall } from './model-call.ts';

export interface MeasuredCall {
  request: ModelCall;
  call: NeutralCall;
  /** An upper bound. */
  inputTokens: number;
  /** Parameters that a blocking budget keeps from going out; undefined where none does. */
  leftOut: readonly string[] | undefined;
}

/** The call as its budgets let it go out, and how much it sends. */
export function measureCall(asked: ModelCall, read: NeutralCall, balances: readonly BudgetBalance[]): MeasuredCall {
  const guarded = balances.some(({ blocks }) => blocks) ? guardCall(asked, read) : undefined;
  const { request, call } = guarded ?? { request: asked, call: read };
  const extras = call.extras ?? extrasOf(call, request.json);
  return {
    request,
    call: extras === undefined ? call : { ...call, extras },
    inputTokens: boundInputTokens(call, contentBytes(request.outline, request.body.length)),
    leftOut: guarded?.leftOut,
  };
}
