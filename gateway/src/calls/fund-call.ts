import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { Hold, Shortage } from '../ledger/ledger.ts';
import { notifyExceeded } from '../ledger/notify-exceeded.ts';
import { unpricedAt } from '../models/call-extras.ts';
import { boundOpaque, isOpaque } from '../models/count-tokens.ts';
import { InputCounter } from '../models/input-counter.ts';
import { maxCostNanos } from '../models/price.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Cancellation } from './cancellation.ts';
import type { Funding, FundingPorts, FundingRequest } from './funding.ts';
import { budgetExceeded, extrasUnknown, priceUnknown } from './funding-refusals.ts';
import { affordable, ceilingOf, exactInputs, type InputOf, maxCostOf, unaskedCeiling } from './max-cost.ts';
import { ClientGone } from './model-call.ts';

/**
 * Funding: how a call gets the money it may cost before anything goes out for it.
 *
 *     candidates ── without a price under a blocking budget? ──▶ refused: price unknown
 *         │
 *         ▼
 *     the most it can cost, by an upper bound of its input
 *         │
 *         ├── leases pay for 32 such calls? ──▶ hold ─────────────────────────▶ funded
 *         ▼
 *     the most it can cost, its input counted exactly
 *         │
 *         ├── hold, for up to a second while other calls have the money ──────▶ funded
 *         ▼
 *     a shorter answer that fits what is left, and the candidates that can give it
 *         │
 *         ├── hold ───────────────────────────────────────────────────────────▶ funded, with a ceiling
 *         ▼
 *     refused: budget exceeded, and its people are notified when no other call has the rest
 */

/** Not even a short answer: what cannot pay for this many tokens is refused. */
const shortestAnswerTokens = 16;

/**
 * Holds the most the call can cost on every budget it falls under, all or none. Short of money it counts the input exactly
 * and lowers the ceiling of the answer to what is left. Throws `budget_exceeded`, and ClientGone where nobody waits with it.
 */
export function fundCall(services: FundingPorts, request: FundingRequest): Funding | Promise<Funding> {
  const { call, candidates, inputTokens, balances } = request;
  const blocks = balances.some((balance) => balance.blocks);
  const payable = blocks ? candidates.filter((candidate) => isPriced(candidate, call)) : candidates;
  const unknown = blocks ? extrasUnknown(request) : undefined;
  if (unknown !== undefined) throw unknown;
  if (payable.length === 0) throw priceUnknown(candidates[0]?.model ?? call.model, balances, request.caller);
  const inputOf: InputOf =
    blocks && isOpaque(call) ? (candidate) => boundOpaque(inputTokens, candidate) : () => inputTokens;
  const holdNanos = maxCostOf(payable, call, { inputOf, most: undefined });
  const maxTokens = blocks ? unaskedCeiling(payable, call) : undefined;
  const funding = { holdNanos, candidates: payable, maxTokens, inputTokens };
  if (balances.length === 0) return { ...funding, hold: undefined };
  // Where money runs short an upper bound of the input would keep calls out that can be paid: it is counted then.
  if (blocks && runsShort(balances, holdNanos * plenty))
    return fundCounted(services, { ...request, candidates: payable }, funding);
  const held = services.ledger.hold(balances, holdNanos);
  if (!(held instanceof Promise)) return { ...funding, hold: held };
  return held.then((outcome) =>
    'nanos' in outcome
      ? { ...funding, hold: outcome }
      : fundCounted(services, { ...request, candidates: payable }, funding),
  );
}

function isPriced(candidate: Candidate, { extras }: NeutralCall): boolean {
  return candidate.price !== undefined && unpricedAt(extras, candidate).length === 0;
}

/** A lease that pays for so many calls like this one is not short. */
const plenty = 32n;

function runsShort(balances: readonly BudgetBalance[], plentyNanos: bigint): boolean {
  for (const balance of balances) if (balance.blocks && balance.availableNanos < plentyNanos) return true;
  return false;
}

/** How long the last money may be held by others before a call is shortened or refused for want of it. */
const patienceMs = 1_000;

async function fundCounted(
  services: FundingPorts,
  rough: FundingRequest,
  funding: Omit<Funding, 'hold'>,
): Promise<Funding> {
  const request = { ...rough, call: await withPredictionCounted(rough) };
  const exact = await exactInputs(request);
  const holdNanos = maxCostOf(request.candidates, request.call, { inputOf: exact, most: undefined });
  const held = await holdPatiently(services, request, holdNanos);
  return 'nanos' in held ? { ...funding, holdNanos, hold: held } : fundShort(services, request, { first: held, exact });
}

/** A prediction is held by its bytes where there is plenty, as the rest of the input is. */
async function withPredictionCounted({ call, candidates: [first] }: FundingRequest): Promise<NeutralCall> {
  const { extras, extra } = call;
  if (extras === undefined || extras.predictedTokens === 0 || first === undefined) return call;
  const alone = new InputCounter({ ...noFeatures, messages: [] }, { input: extra.prediction }, extras.predictedTokens);
  return { ...call, extras: { ...extras, predictedTokens: await alone.tokensFor(first) } };
}

const noFeatures = { onlyNative: [], extra: {} };

async function holdPatiently(
  { ledger }: Pick<FundingPorts, 'ledger'>,
  { balances, cancellation }: Pick<FundingRequest, 'balances' | 'cancellation'>,
  nanos: bigint,
): Promise<Hold | Shortage> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const held = await ledger.hold(balances, nanos);
    if ('nanos' in held || held.heldBy === 'nobody' || performance.now() >= untilMs) return held;
    if (cancellation.cancelled) throw new ClientGone();
    if (held.heldBy === 'others') continue;
    // Many may wait for the same room, and somebody else may have been sooner: then there is more to wait for.
    while (
      (await unlessGone(cancellation, ledger.waitForRoom(balances, nanos, untilMs))) &&
      !balances.every((balance) => balance.canHold(nanos))
    );
  }
}

/** Throws ClientGone as soon as nobody waits for the call any more. */
async function unlessGone<T>(cancellation: Cancellation, wait: Promise<T>): Promise<T> {
  if (cancellation.cancelled) throw new ClientGone();
  const gone = new Promise<never>((_, reject) => cancellation.listen(() => reject(new ClientGone())));
  try {
    return await Promise.race([wait, gone]);
  } finally {
    cancellation.listen(undefined);
  }
}

/** As the journal wants them. */
export function balanceIdsOf(hold: Hold | undefined): readonly string[] | undefined {
  return hold === undefined || hold.balances.length === 0 ? undefined : hold.balances.map(({ idText }) => idText);
}

/** The same for embeddings, which have no answer to shorten. Throws `budget_exceeded`. */
export async function fundEmbedding(
  services: FundingPorts,
  { candidate, ...request }: Omit<FundingRequest, 'candidates'> & { candidate: Candidate },
): Promise<{ hold: Hold | undefined; holdNanos: bigint }> {
  const { call, json, inputTokens, balances, caller, tags } = request;
  const { price } = candidate;
  if (price === undefined) {
    if (balances.some(({ blocks }) => blocks)) throw priceUnknown(candidate.model, balances, caller);
    const held = balances.length === 0 ? undefined : await services.ledger.hold(balances, 0n);
    return { hold: held !== undefined && 'nanos' in held ? held : undefined, holdNanos: 0n };
  }
  let holdNanos = maxCostNanos(price, { inputTokens, maxOutputTokens: 0 });
  if (balances.length === 0) return { hold: undefined, holdNanos };
  let held = await services.ledger.hold(balances, holdNanos);
  if (!('nanos' in held)) {
    const counted = await new InputCounter(call, json, inputTokens).tokensFor(candidate);
    holdNanos = maxCostNanos(price, { inputTokens: counted, maxOutputTokens: 0 });
    held = await holdPatiently(services, request, holdNanos);
  }
  if ('nanos' in held) return { hold: held, holdNanos };
  if (unspentNanos(held.balance) < holdNanos) await notifyExceeded(services, held.balance, tags);
  throw await budgetExceeded(services, held.balance, { caller, tags });
}

/** How often a call tries to fit into what is left while others take from it too. */
const fitsMax = 4;

async function fundShort(
  services: FundingPorts,
  request: FundingRequest,
  { first, exact }: { first: Shortage; exact: InputOf },
): Promise<Funding> {
  const { balances } = request;
  let shortage = first;
  for (let fits = 0; fits < fitsMax; fits++) {
    const fit = fitWithin(request, { exact, nanos: shortage.balance.availableNanos });
    if (fit === undefined) break;
    const { holdNanos, candidates, maxTokens } = fit;
    const held = await services.ledger.hold(balances, holdNanos);
    if ('nanos' in held)
      return { hold: held, holdNanos, candidates, maxTokens, inputTokens: request.inputTokens, isShortened: true };
    shortage = held;
  }
  if (!isHeldByOthers(request, shortage.balance, exact)) await notifyExceeded(services, shortage.balance, request.tags);
  throw await budgetExceeded(services, shortage.balance, request);
}

/** Would the call be admitted if no other were under way? Then the limit is not spent, and nobody is notified that it is. */
function isHeldByOthers(request: FundingRequest, balance: BudgetBalance, exact: InputOf): boolean {
  return fitWithin(request, { exact, nanos: unspentNanos(balance) }) !== undefined;
}

/** Money held by calls in progress is not spent. */
function unspentNanos({ limitNanos, spentNanos, unpostedNanos }: BudgetBalance): bigint {
  return limitNanos - spentNanos - unpostedNanos;
}

/**
 * How long an answer of the first candidate may be for so much money, and who may stand in for it: those that can be paid for
 * as long a one. Nobody gets another model than the one asked for because it is cheaper; that is what `downgrade` is for.
 */
function fitWithin(
  { call, candidates }: Pick<FundingRequest, 'call' | 'candidates'>,
  { exact: inputOf, nanos }: { exact: InputOf; nanos: bigint },
): (Pick<Funding, 'candidates' | 'holdNanos'> & { maxTokens: number }) | undefined {
  const [first] = candidates;
  if (first === undefined) return undefined;
  const ceiling = ceilingOf(first, call);
  const payable = affordable(first.price, { nanos, inputTokens: inputOf(first), call });
  if (payable < Math.min(shortestAnswerTokens, ceiling)) return undefined;
  const most = Math.min(payable, ceiling);
  const kept = candidates.filter(
    (candidate) =>
      candidate === first ||
      affordable(candidate.price, { nanos, inputTokens: inputOf(candidate), call }) >=
        Math.min(most, ceilingOf(candidate, call)),
  );
  return { candidates: kept, holdNanos: maxCostOf(kept, call, { inputOf, most }), maxTokens: most };
}

/** The parts of a call that are needed to hold money for a candidate after others have failed. */
type NextCandidateRequest = Pick<FundingRequest, 'call' | 'json' | 'inputTokens'>;

/** The most one candidate can cost, its input counted. */
export async function mostOf(
  request: NextCandidateRequest,
  candidate: Candidate,
  most: number | undefined,
): Promise<bigint> {
  const inputOf = await exactInputs({ ...request, candidates: [candidate] });
  return maxCostOf([candidate], request.call, { inputOf, most });
}

/** How long an answer of a candidate may be for so much money; undefined where not even a short one can be paid. */
export async function fitNext(
  request: NextCandidateRequest,
  candidate: Candidate,
  nanos: bigint,
): Promise<{ holdNanos: bigint; maxTokens: number } | undefined> {
  const exact = await exactInputs({ ...request, candidates: [candidate] });
  return fitWithin({ ...request, candidates: [candidate] }, { exact, nanos });
}
