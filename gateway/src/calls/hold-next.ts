import type { Hold, Ledger } from '../ledger/ledger.ts';
import type { Candidate } from '../routing/candidate.ts';
import { fitNext, mostOf } from './fund-call.ts';
import type { Funding } from './funding.ts';
import type { ModelCall } from './model-call.ts';
import type { RunningCall } from './settle-call.ts';

export interface HoldPorts {
  ledger: Pick<Ledger, 'hold'>;
}

/**
 * Holds the next candidate of a call whose earlier attempts are to be paid for too, before it goes out. Short of money its
 * answer is shortened; false where not even a short one can be paid.
 */
export async function holdNext(
  { ledger }: HoldPorts,
  options: { request: ModelCall; running: RunningCall; candidate: Candidate; funding: Funding },
): Promise<boolean> {
  const { request, running, candidate, funding } = options;
  const { hold, earlier, call } = running;
  if (hold === undefined || earlier === undefined) return true;
  const next = { call, json: request.json, inputTokens: funding.inputTokens };
  const need = earlier.costNanos + (await mostOf(next, candidate, funding.maxTokens));
  const shortage = await more(ledger, running, hold, need);
  if (shortage === undefined) return true;
  const nanos = hold.nanos - earlier.costNanos + shortage;
  const fit = await fitNext(next, candidate, nanos);
  if (fit === undefined || (await more(ledger, running, hold, earlier.costNanos + fit.holdNanos)) !== undefined)
    return false;
  running.maxTokens = Math.min(fit.maxTokens, funding.maxTokens ?? Number.POSITIVE_INFINITY);
  return true;
}

/** Raises a hold to what is needed. Gives what is available beside it where that is too little. */
async function more(
  ledger: HoldPorts['ledger'],
  running: RunningCall,
  hold: Hold,
  need: bigint,
): Promise<bigint | undefined> {
  const missing = need - hold.nanos;
  if (missing <= 0n) return undefined;
  const held = await ledger.hold(hold.balances, missing);
  if (!('nanos' in held)) return held.balance.availableNanos;
  running.hold = { balances: hold.balances, nanos: hold.nanos + missing };
  // Should the process die, all attempts are to be settled.
  running.entry.raise(running.hold.nanos);
  return undefined;
}
