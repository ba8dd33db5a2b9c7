import { dayForPeople } from '@ai-gateway/shared/date-for-people';
import { GatewayError } from '@ai-gateway/shared/errors';
import { toUsd, usdForPeople } from '@ai-gateway/shared/money';
import { isVendor } from '@ai-gateway/shared/provider-kinds';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import { isOwn } from '../accounts/own-tags.ts';
import { scopeOfInstance } from '../budgets/budget.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { Hold, Ledger, Shortage } from '../ledger/ledger.ts';
import { type ExceededPorts, notifyExceeded } from '../ledger/notify-exceeded.ts';
import { answerCeiling } from '../models/answer-ceiling.ts';
import { extrasNanos, unpricedAt } from '../models/call-extras.ts';
import { boundOpaque, isOpaque } from '../models/count-tokens.ts';
import { InputCounter } from '../models/input-counter.ts';
import { affordableOutputTokens, maxCostNanos, type Price, withSound } from '../models/price.ts';
import type { Candidate } from '../routing/route.ts';
import { billed, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import type { Cancellation } from './cancellation.ts';
import { ClientGone } from './model-call.ts';

export interface FundingPorts extends ExceededPorts {
  ledger: Ledger;
  policies: MarkupCache;
}

/** The longest answer assumed of models without a known ceiling, and asked of those with a higher one. */
const unaskedTokensMax = 16_384;
/** Servers that merely speak OpenAI's dialect often have small models. */
const unknownTokensMax = 4_096;
/** Not even a short answer: what cannot pay for this many tokens is refused. */
const shortestAnswerTokens = 16;

export interface Funding {
  /** Undefined where no budget applies. */
  hold: Hold | undefined;
  /** The most the call can cost; what is settled should the process die. */
  holdNanos: bigint;
  /** Those the money reaches for. */
  candidates: readonly Candidate[];
  /** The most tokens of answer that may be asked for; undefined where nothing limits them. */
  maxTokens: number | undefined;
  /** An upper bound, by the bytes of the request. */
  inputTokens: number;
}

interface FundingRequest {
  call: NeutralCall;
  /** The request as it came. */
  json: JsonObject;
  candidates: readonly Candidate[];
  /** An upper bound. */
  inputTokens: number;
  balances: readonly BudgetBalance[];
  caller: Caller;
  tags: CallTags;
  cancellation: Cancellation;
}

/**
 * Holds the most the call can cost on every budget it falls under, all or none. Short of money it counts the input exactly
 * and lowers the ceiling of the answer to what is left. Throws `budget_exceeded`, and ClientGone where nobody waits with it.
 */
export function fundCall(services: FundingPorts, asked: FundingRequest): Funding | Promise<Funding> {
  const { call, candidates, inputTokens, balances } = asked;
  const blocks = balances.some((balance) => balance.blocks);
  const payable = blocks ? candidates.filter((candidate) => isPriced(candidate, call)) : candidates;
  const unknown = blocks ? extrasUnknown(asked) : undefined;
  if (unknown !== undefined) throw unknown;
  if (payable.length === 0) throw priceUnknown(candidates[0]?.model ?? call.model, balances, asked.caller);
  const inputOf: InputOf =
    blocks && isOpaque(call) ? (candidate) => boundOpaque(inputTokens, candidate) : () => inputTokens;
  const holdNanos = maxCostOf(payable, call, { inputOf, most: undefined });
  const maxTokens = blocks ? unaskedCeiling(payable, call) : undefined;
  const funding = { holdNanos, candidates: payable, maxTokens, inputTokens };
  if (balances.length === 0) return { ...funding, hold: undefined };
  // Where money runs short an upper bound of the input would keep calls out that can be paid: it is counted then.
  if (blocks && runsShort(balances, holdNanos * plenty))
    return fundCounted(services, { ...asked, candidates: payable }, funding);
  const held = services.ledger.hold(balances, holdNanos);
  if (!(held instanceof Promise)) return { ...funding, hold: held };
  return held.then((outcome) =>
    'nanos' in outcome
      ? { ...funding, hold: outcome }
      : fundCounted(services, { ...asked, candidates: payable }, funding),
  );
}

function isPriced(candidate: Candidate, { extras }: NeutralCall): boolean {
  return candidate.price !== undefined && unpricedAt(extras, candidate).length === 0;
}

/** The model has a price, but not all that is asked of it: another model would answer something else. */
function extrasUnknown({ candidates, call, balances, caller }: FundingRequest): GatewayError | undefined {
  const [first] = candidates;
  if (first?.price === undefined) return undefined;
  const names = unpricedAt(call.extras, first).join(', ');
  if (names === '') return undefined;
  const balance = balances.find((one) => one.blocks && isShown(one, caller));
  return new GatewayError(
    'budget_exceeded',
    `No price is known for ${names}, so ${balance === undefined ? 'a budget of the workspace' : `budget "${balance.budget.name}"`} cannot cap it. Leave it out, choose another model, or set the budget to notify only.`,
    {
      details: {
        model: first.model,
        unpriced: names,
        ...(balance && { budget_id: balance.budget.id, name: balance.budget.name }),
      },
    },
  );
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
  const asked = { ...rough, call: await withPredictionCounted(rough) };
  const exact = await exactInputs(asked);
  const holdNanos = maxCostOf(asked.candidates, asked.call, { inputOf: exact, most: undefined });
  const held = await holdPatiently(services, asked, holdNanos);
  return 'nanos' in held ? { ...funding, holdNanos, hold: held } : fundShort(services, asked, { first: held, exact });
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
  { candidate, ...asked }: Omit<FundingRequest, 'candidates'> & { candidate: Candidate },
): Promise<{ hold: Hold | undefined; holdNanos: bigint }> {
  const { call, json, inputTokens, balances, caller, tags } = asked;
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
    held = await holdPatiently(services, asked, holdNanos);
  }
  if ('nanos' in held) return { hold: held, holdNanos };
  if (unspentNanos(held.balance) < holdNanos) await notifyExceeded(services, held.balance, tags);
  throw await budgetExceeded(services, held.balance, { caller, tags });
}

/** How often a call tries to fit into what is left while others take from it too. */
const fitsMax = 4;

async function fundShort(
  services: FundingPorts,
  asked: FundingRequest,
  { first, exact }: { first: Shortage; exact: InputOf },
): Promise<Funding> {
  const { balances } = asked;
  let shortage = first;
  for (let fits = 0; fits < fitsMax; fits++) {
    const fit = fitWithin(asked, { exact, nanos: shortage.balance.availableNanos });
    if (fit === undefined) break;
    const { holdNanos, candidates, maxTokens } = fit;
    const held = await services.ledger.hold(balances, holdNanos);
    if ('nanos' in held) return { hold: held, holdNanos, candidates, maxTokens, inputTokens: asked.inputTokens };
    shortage = held;
  }
  if (!isHeldByOthers(asked, shortage.balance, exact)) await notifyExceeded(services, shortage.balance, asked.tags);
  throw await budgetExceeded(services, shortage.balance, asked);
}

/** Would the call be admitted if no other were under way? Then the limit is not spent, and nobody is notified that it is. */
function isHeldByOthers(asked: FundingRequest, balance: BudgetBalance, exact: InputOf): boolean {
  return fitWithin(asked, { exact, nanos: unspentNanos(balance) }) !== undefined;
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
  asked: NextCandidateRequest,
  candidate: Candidate,
  most: number | undefined,
): Promise<bigint> {
  const inputOf = await exactInputs({ ...asked, candidates: [candidate] });
  return maxCostOf([candidate], asked.call, { inputOf, most });
}

/** How long an answer of a candidate may be for so much money; undefined where not even a short one can be paid. */
export async function fitNext(
  asked: NextCandidateRequest,
  candidate: Candidate,
  nanos: bigint,
): Promise<{ holdNanos: bigint; maxTokens: number } | undefined> {
  const exact = await exactInputs({ ...asked, candidates: [candidate] });
  return fitWithin({ ...asked, candidates: [candidate] }, { exact, nanos });
}

/** The most tokens of input a candidate may bill for the call. */
type InputOf = (candidate: Candidate) => number;

async function exactInputs({
  call,
  json,
  candidates,
  inputTokens,
}: Pick<FundingRequest, 'call' | 'json' | 'candidates' | 'inputTokens'>): Promise<InputOf> {
  const counter = new InputCounter(call, json, inputTokens);
  const exact = new Map<Candidate, number>();
  for (const candidate of candidates) exact.set(candidate, await counter.tokensFor(candidate));
  return (candidate) => exact.get(candidate) ?? boundOpaque(inputTokens, candidate);
}

/** The highest over the candidates. `most`: no answer is longer than this. */
function maxCostOf(
  candidates: readonly Candidate[],
  call: Pick<NeutralCall, 'maxTokens' | 'choices' | 'extras'>,
  { inputOf, most }: { inputOf: InputOf; most: number | undefined },
): bigint {
  let highest = 0n;
  for (const candidate of candidates) {
    const { price } = candidate;
    if (price === undefined) continue;
    const tokens = Math.min(ceilingOf(candidate, call), most ?? Number.POSITIVE_INFINITY) * (call.choices ?? 1);
    const { extras } = call;
    const held = extras?.sound === true ? withSound(price) : price;
    const cost =
      maxCostNanos(held, { inputTokens: inputOf(candidate), maxOutputTokens: tokens }) + extrasNanos(extras, held);
    if (cost > highest) highest = cost;
  }
  return highest;
}

/** The most a candidate answers: no more than it is asked for, and no more than it can. */
export function ceilingOf(
  { kind, model, contextWindow }: Pick<Candidate, 'kind' | 'model' | 'contextWindow'>,
  { maxTokens }: Pick<NeutralCall, 'maxTokens'>,
): number {
  const own = answerCeiling(kind, model);
  if (maxTokens !== undefined) return Math.min(maxTokens, own ?? contextWindow ?? Number.POSITIVE_INFINITY);
  return own === undefined ? (isServer(kind) ? unknownTokensMax : unaskedTokensMax) : Math.min(own, unaskedTokensMax);
}

/** A call without a ceiling gets one, so that what is held is the most it can cost. */
function unaskedCeiling(candidates: readonly Candidate[], call: NeutralCall): number | undefined {
  if (call.maxTokens !== undefined) return undefined;
  return candidates.some(({ kind }) => isServer(kind)) ? unknownTokensMax : unaskedTokensMax;
}

/** Is it a server of the operator's or the workspace's own, whose models nobody here knows? */
function isServer(kind: Candidate['kind']): boolean {
  return kind !== 'sandbox' && !isVendor(kind);
}

/** Must the ceiling be written into a request to this candidate, or is it the model's own or lower anyway? */
export function ceilingToAsk(
  candidate: Pick<Candidate, 'kind' | 'model'>,
  call: Pick<NeutralCall, 'maxTokens'>,
  maxTokens: number | undefined,
): number | undefined {
  if (maxTokens === undefined) return undefined;
  const own = call.maxTokens ?? answerCeiling(candidate.kind, candidate.model);
  return own !== undefined && own <= maxTokens ? undefined : maxTokens;
}

function affordable(
  price: Price | undefined,
  { nanos, inputTokens, call }: { nanos: bigint; inputTokens: number; call: NeutralCall },
): number {
  if (price === undefined) return 0;
  const { extras } = call;
  const held = extras?.sound === true ? withSound(price) : price;
  const left = nanos - extrasNanos(extras, held);
  return Math.floor(affordableOutputTokens(held, { nanos: left, inputTokens }) / (call.choices ?? 1));
}

/** A client's own key hears of its own budgets. */
function isShown({ budget, instance }: BudgetBalance, caller: Caller): boolean {
  return caller.lockedTags.length === 0 || isOwn(caller, scopeOfInstance(budget, instance));
}

async function budgetExceeded(
  { policies }: Pick<FundingPorts, 'policies'>,
  balance: BudgetBalance,
  { caller, tags }: Pick<FundingRequest, 'caller' | 'tags'>,
): Promise<GatewayError> {
  const { markups } = await policies.of(caller.workspaceId, caller.livemode);
  const markup = shownMarkup(markups, caller, tags.client);
  const { budget, periodEndMs } = balance;
  const limitNanos = billed(balance.limitNanos, markup);
  const spent = billed(balance.spentNanos + balance.unpostedNanos, markup);
  const resetsAt = periodEndMs === undefined ? null : new Date(periodEndMs).toISOString();
  // A client's own key is not told what the workspace spends.
  if (!isShown(balance, caller))
    return new GatewayError(
      'budget_exceeded',
      'A budget of the workspace has too little left for this call. Ask the workspace to raise it.',
      {
        details: { resets_at: resetsAt },
      },
    );
  return new GatewayError(
    'budget_exceeded',
    `Budget "${budget.name}" has ${usdForPeople(limitNanos - spent)} of ${usdForPeople(limitNanos)} left, too little for this call${
      balance.heldNanos > 0n ? ' while other calls are in progress' : ''
    }. Raise it${periodEndMs === undefined ? '' : `, or wait for the reset on ${dayForPeople(periodEndMs, budget.timezone)}`}.`,
    {
      details: {
        budget_id: budget.id,
        name: budget.name,
        scope: scopeOfInstance(budget, balance.instance),
        limit_usd: toUsd(limitNanos),
        spent_usd: toUsd(spent),
        resets_at: resetsAt,
      },
    },
  );
}

function priceUnknown(model: string, balances: readonly BudgetBalance[], caller: Caller): GatewayError {
  const blocking = balances.filter(({ blocks }) => blocks);
  const balance = caller.lockedTags.length === 0 ? blocking[0] : blocking.find((one) => isShown(one, caller));
  if (balance === undefined)
    return new GatewayError(
      'budget_exceeded',
      `No price is known for model "${model.slice(0, 100)}", so a budget of the workspace cannot cap it. Call another model.`,
      { details: { model } },
    );
  return new GatewayError(
    'budget_exceeded',
    `No price is known for model "${model.slice(0, 100)}", so budget "${balance.budget.name}" cannot cap it. Give the model a price (PATCH /v1/providers/:id), or call another model.`,
    {
      details: { budget_id: balance.budget.id, name: balance.budget.name, model },
    },
  );
}
