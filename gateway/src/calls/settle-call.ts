import { namesLength, toHeaderText } from '@ai-gateway/shared/header-text';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { isOwn, seesMargin } from '../accounts/own-tags.ts';
import { scopeOfInstance } from '../budgets/budget.ts';
import { addUsage } from '../dialects/add-usage.ts';
import type { Usage } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { JournalEntry } from '../ledger/call-journal.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import { unpricedAt } from '../models/call-extras.ts';
import type { Baseline } from '../routing/baseline.ts';
import type { Attempt } from '../routing/outage.ts';
import type { CallReport } from '../telemetry/call-report.ts';
import { type ClosedCall, noUsage, type Savings } from '../usage/call-record.ts';
import { billed } from '../usage/markup.ts';
import { savingsOf } from '../usage/savings.ts';
import type { Permit } from './admission.ts';
import type { AnswerChecks } from './check-answer.ts';
import { billedUsage, isAdvicePriced, priceUsage, withAdvice } from './price-usage.ts';
import { type AttemptSoFar, estimateSpent, type Spent } from './spent.ts';

export const notTried: Attempt = { account: '', model: '', workspaceId: '', isProbe: false };

/** A call under way: everything settling it needs, gathered as it goes. */
export interface RunningCall extends AttemptSoFar {
  entry: JournalEntry;
  caller: Caller;
  /** Undefined where no budget applies. */
  hold: Hold | undefined;
  ledger: Ledger;
  permit: Permit;
  report: CallReport;
  /** Posted to the journal, held no more. */
  settled: boolean;
  startedAt: number;
  createdAtMs: number;
  /** How many requests went out. */
  attempts: number;
  /** Why the first candidate was chosen: the route of a call for which none is tried. */
  firstReason: string;
  /** The key of the attempt under way, or of the last one, for the circuit breakers. */
  attempt: Attempt;
  /** Undefined where nobody but the caller chose. */
  baseline: Baseline | undefined;
  /** The attempt under way has marks of the gateway's in its prompt. */
  isMarked: boolean;
  /** Second answers use no tokens of the workspace's plan: nobody asked for them. */
  isSecondAnswer: boolean;
  /** The model that answers, as its provider names it. */
  model: string | undefined;
  /** Undefined where no earlier attempt went out. */
  earlier: Earlier | undefined;
  /** Parameters that a blocking budget keeps from going out, in the caller's words. */
  leftOut: readonly string[] | undefined;
  /** By `performance.now()`. */
  firstByteAt: number | undefined;
}

/** The cost of the attempts before the last one. */
interface Earlier {
  costNanos: bigint;
  usage: Usage;
  estimated: boolean;
  unpriced: true | undefined;
}

export interface Settlement {
  costNanos: bigint;
  /** Of what the caller may know; undefined where nothing is known to compare with. */
  savedNanos?: bigint | undefined;
}

/**
 * Posts the true cost of the call, every attempt of it included, and waits until it is on record. Without usage from the
 * provider what was sent and received is counted, and the row flagged.
 */
export async function settleCall(
  running: RunningCall,
  end: Spent & Pick<ClosedCall, 'status' | 'errorCode' | 'cache'> & { checks?: AnswerChecks | undefined },
): Promise<Settlement> {
  const usage = await usageOf(running, end);
  const cost = priced(running.candidate, usage);
  const savings = end.status === 'succeeded' && end.usage !== undefined ? savingsIn(running, usage) : undefined;
  const { onRecord, settlement } = post(running, {
    ...common(running),
    status: end.status,
    usage: withAdvice(usage),
    costNanos: cost ?? 0n,
    // An unknown price is as much of an estimate as a counted token.
    estimated: end.usage === undefined || isGuess(running, usage, cost),
    unpriced: cost === undefined || undefined,
    errorCode: end.errorCode,
    cache: end.cache,
    jsonOk: end.checks?.jsonOk,
    toolOk: end.checks?.toolOk,
    savings,
  });
  await onRecord;
  return savings !== undefined && seesMargin(running.caller)
    ? { ...settlement, savedNanos: savings.totalNanos }
    : settlement;
}

function savingsIn({ baseline, candidate, isMarked, earlier }: RunningCall, usage: Usage): Savings | undefined {
  const share = candidate && baseline?.lengthShare(candidate.model);
  return savingsOf({
    ...{ baseline: baseline?.price, lengthShare: share, price: candidate?.price },
    ...{ usage, isMarked, earlierNanos: earlier?.costNanos },
  });
}

/** An attempt went out and came to nothing: its provider bills it all the same, and the call goes on with what is left. */
export async function bookAttempt(running: RunningCall, spent: Spent): Promise<void> {
  const usage = await usageOf(running, spent);
  const cost = priced(running.candidate, usage);
  const { earlier } = running;
  running.earlier = {
    costNanos: (earlier?.costNanos ?? 0n) + (cost ?? 0n),
    usage: earlier === undefined ? withAdvice(usage) : addUsage(earlier.usage, withAdvice(usage)),
    estimated: earlier?.estimated === true || spent.usage === undefined || isGuess(running, usage, cost),
    unpriced: earlier?.unpriced ?? (cost === undefined || undefined),
  };
}

async function usageOf(running: RunningCall, spent: Spent): Promise<Usage> {
  return billedUsage(running.candidate?.kind, spent.usage ?? (await estimateSpent(running, spent, isGuarded(running))));
}

function priced(candidate: RunningCall['candidate'], usage: Usage): bigint | undefined {
  return candidate?.price === undefined ? undefined : priceUsage(candidate.price, usage);
}

/** Is some of what was used without a price? */
function isGuess({ call, candidate }: RunningCall, usage: Usage, cost: bigint | undefined): boolean {
  return (
    cost === undefined ||
    usage.isUnpriced === true ||
    !isAdvicePriced(usage) ||
    (candidate !== undefined && unpricedAt(call.extras, candidate).length > 0)
  );
}

function isGuarded({ hold }: RunningCall): boolean {
  return hold?.balances.some(({ blocks }) => blocks) === true;
}

/** No answer came of the call: it costs what its attempts cost, and nothing where none went out. */
export async function closeUnanswered(
  running: RunningCall,
  status: ClosedCall['status'],
  errorCode?: string,
): Promise<void> {
  await post(running, {
    ...common(running),
    status,
    usage: noUsage,
    costNanos: 0n,
    estimated: false,
    errorCode,
  }).onRecord;
}

/** A kept answer is the call's: it costs nothing and uses no tokens. Waits until it is on record. */
export async function closeHit(
  running: RunningCall,
  hit: { model: string; provider: string; savings: ClosedCall['savings'] },
): Promise<void> {
  running.model = hit.model;
  await post(running, {
    ...common(running),
    provider: hit.provider,
    metered: false,
    status: 'succeeded',
    usage: noUsage,
    costNanos: 0n,
    estimated: false,
    cache: 'hit',
    savings: hit.savings,
  }).onRecord;
}

/** Debits the budgets in memory at once and hands the figures to the journal; a call is posted once, whatever happens. */
function post(running: RunningCall, last: ClosedCall): { onRecord: Promise<void>; settlement: Settlement } {
  if (running.settled) throw new Error('a call is settled once');
  running.settled = true;
  const { hold, ledger, permit, entry, earlier } = running;
  const closed = earlier === undefined ? last : withEarlier(last, earlier);
  running.report.closed = closed;
  running.report.last = last;
  const debits = hold === undefined ? undefined : ledger.settle(hold, closed.costNanos);
  permit.release({ tokens: closed.usage.inputTokens + closed.usage.outputTokens, costNanos: closed.costNanos });
  return { onRecord: entry.close(closed, debits), settlement: { costNanos: closed.costNanos } };
}

/** A call has a single row: its cost and its tokens are the sums over its attempts. */
function withEarlier(last: ClosedCall, earlier: Earlier): ClosedCall {
  return {
    ...last,
    usage: addUsage(earlier.usage, last.usage),
    costNanos: earlier.costNanos + last.costNanos,
    estimated: earlier.estimated || last.estimated,
    unpriced: earlier.unpriced ?? last.unpriced,
  };
}

/** The amount left of the tightest budget that the caller may see, after this call; undefined where there is none. */
export function budgetRemaining({
  hold,
  caller,
  permit,
}: Pick<RunningCall, 'hold' | 'caller' | 'permit'>): bigint | undefined {
  return leastRemaining(hold?.balances ?? none, { caller, permit });
}

export function leastRemaining(
  balances: readonly BudgetBalance[],
  { caller, permit }: Pick<RunningCall, 'caller' | 'permit'>,
): bigint | undefined {
  let least: bigint | undefined;
  const isLocked = caller.lockedTags.length > 0;
  for (const balance of balances) {
    if (isLocked && !isOwn(caller, scopeOfInstance(balance.budget, balance.instance))) continue;
    const { remainingNanos } = balance;
    if (least === undefined || remainingNanos < least) least = remainingNanos;
  }
  return least === undefined ? undefined : billed(least, permit.markup);
}

/** The same of a call that is settled: what it cost, and what is left. */
export function settledHeaders(
  running: RunningCall,
  requestId: string,
  { dropped, costNanos, savedNanos }: Settlement & { dropped: readonly string[] },
): Record<string, string> {
  const headers = answerHeaders(running, requestId, dropped);
  if (savedNanos !== undefined) headers['x-gateway-saved-usd'] = usdText(billed(savedNanos, running.permit.markup));
  headers['x-gateway-cost-usd'] = usdText(billed(costNanos, running.permit.markup));
  const left = budgetRemaining(running);
  if (left !== undefined) headers['x-gateway-budget-remaining-usd'] = usdText(left);
  return headers;
}

/** Dollars in a header: never `1e-7`. */
export function usdText(nanos: bigint): string {
  const text = String(toUsd(nanos));
  return text.includes('e') ? toUsd(nanos).toFixed(9) : text;
}

function common(
  running: RunningCall,
): Pick<ClosedCall, 'model' | 'provider' | 'route' | 'attempts' | 'ttftMs' | 'totalMs' | 'metered'> {
  const { candidate } = running;
  return {
    metered: candidate?.trusted === true && running.caller.livemode && !running.isSecondAnswer,
    model: running.model,
    provider: candidate?.provider,
    route: routeOf(running),
    attempts: running.attempts,
    ttftMs: running.firstByteAt === undefined ? undefined : Math.round(running.firstByteAt - running.startedAt),
    totalMs: Math.round(performance.now() - running.startedAt),
  };
}

/** Why the model that answers was chosen. */
export function routeOf({ candidate, firstReason }: RunningCall): string {
  return candidate?.reason ?? firstReason;
}

/** The headers by which every answer says how it came about. */
export function answerHeaders(
  running: RunningCall,
  requestId: string,
  dropped: readonly string[],
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': running.call.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': requestId,
    'x-gateway-provider': running.candidate?.provider ?? '',
    'x-gateway-model': toHeaderText(running.model ?? ''),
    'x-gateway-attempts': String(running.attempts),
    'x-gateway-route': toHeaderText(routeOf(running), namesLength),
  };
  // Anthropic's packages read no other header for the id of a call.
  if (running.call.dialect === 'messages') headers['request-id'] = requestId;
  // nginx gathers a whole stream before it passes any of it on, unless told not to.
  if (running.call.stream) headers['x-accel-buffering'] = 'no';
  Object.assign(headers, running.permit.headers);
  const { leftOut } = running;
  const all = leftOut === undefined || leftOut.length === 0 ? dropped : [...new Set([...leftOut, ...dropped])];
  if (all.length > 0) headers['x-gateway-dropped-params'] = toHeaderText(all.join(', '));
  return headers;
}

const none: readonly BudgetBalance[] = [];
