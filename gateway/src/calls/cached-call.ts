import { GatewayError } from '@ai-gateway/shared/errors';
import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { type CacheDirective, readDirective } from '../cache/cache-directive.ts';
import { cacheKey } from '../cache/cache-key.ts';
import { scopeOf } from '../cache/cache-scope.ts';
import { answerBytesMax, bypassReason, type CachedAnswer, declines, isWhole } from '../cache/cached-answer.ts';
import type { AnswerFacts, AnswerKey, Hit, ResponseCache } from '../cache/response-cache.ts';
import type { NeutralCall, Usage } from '../dialects/neutral.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Decision } from '../routing/decide.ts';
import { FinishReasons, finishReasonsOf } from '../telemetry/finish-reasons.ts';
import { keptUsage } from '../usage/savings.ts';
import type { Permit } from './admission.ts';
import type { Answered } from './attempt-outcome.ts';
import type { Funding } from './funding.ts';
import { ClientGone, type ModelCall } from './model-call.ts';
import { adviceNanos, billedUsage } from './price-usage.ts';
import type { RunningCall } from './settle-call.ts';
import { metadataTagNames } from './tags.ts';

export interface CachePorts {
  responseCache: ResponseCache;
  secret: string;
}

interface CacheInput {
  request: ModelCall;
  call: NeutralCall;
  permit: Permit;
  workspace: Pick<WorkspaceView, 'cacheEpochs'>;
  decided: Decision;
}

/**
 * The cache's part in a call; undefined for the calls that have nothing to do with it, which are nearly all. Throws `invalid_request` for a
 * directive that cannot be read, and `not_found` where only a kept answer will do and the call is not for the cache.
 */
export function cachedCall(services: CachePorts, input: CacheInput): CachedCall | undefined {
  const { request, call, permit, decided } = input;
  const { caller, json, wishes } = request;
  const { decision } = decided;
  if (
    wishes?.cache === undefined &&
    json.response_cache === undefined &&
    caller.responseCache === undefined &&
    decided.cache === undefined
  )
    return undefined;
  const ofPrompt = request.prompt?.gaveCache === true;
  // An experiment compares answers that were made: only the call itself may ask for one from memory.
  const isCompared = decision?.arm !== undefined;
  const directive = readDirective({
    header: wishes?.cache,
    body: ofPrompt ? undefined : json.response_cache,
    rule: isCompared ? undefined : decided.cache,
    prompt: ofPrompt && !isCompared ? json.response_cache : undefined,
    key: isCompared ? undefined : caller.responseCache,
  });
  const [candidate] = decided.candidates;
  if (directive === undefined || candidate === undefined) return undefined;
  const isForbidden = 'forbidden' in directive;
  const reason = isForbidden ? 'rule' : bypassReason(call, json);
  if (isForbidden || reason !== undefined) {
    say(permit, `bypass; reason=${reason}`);
    if (directive.only) throw nothingKept(`the call is not for the cache (${reason})`);
    return undefined;
  }
  const epoch = caller.livemode ? input.workspace.cacheEpochs.live : input.workspace.cacheEpochs.test;
  const key = cacheKey(services.secret, {
    epoch,
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    scope: scopeOf(directive, caller, request.tags),
    dialect: call.dialect,
    account: candidate.account,
    model: candidate.model,
    headers: request.anthropicHeaders,
    strict: request.strict,
    maxTokens: decided.limits?.maxOutputTokens,
    json,
    body: request.body,
    ownKey: directive.key,
    tagNames: metadataTagNames,
  });
  const facts = { epoch, promptId: decision?.promptId, promptVersion: decision?.promptVersion };
  return new CachedCall(services.responseCache, {
    ...input,
    directive,
    candidate,
    facts,
    place: { workspaceId: caller.workspaceId, key },
  });
}

interface CachedInput extends CacheInput {
  directive: CacheDirective;
  candidate: Candidate;
  place: AnswerKey;
  facts: Pick<AnswerFacts, 'epoch' | 'promptId' | 'promptVersion'>;
}

/** A call that asked for the cache: first it looks for an answer, then it may keep one. */
export class CachedCall {
  readonly #cache: ResponseCache;
  readonly #input: CachedInput;
  #leads = false;
  #kept = false;

  constructor(cache: ResponseCache, input: CachedInput) {
    this.#cache = cache;
    this.#input = input;
  }

  /** Undefined where the call has to go out. Throws `not_found` where it must not, ClientGone where nobody waits any more. */
  async find(): Promise<Hit | undefined> {
    const { directive, permit, place, call } = this.#input;
    const maxAgeMs = (directive.ttlSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const hit = directive.refresh ? undefined : await this.#lookUp(maxAgeMs, call.stream || directive.only);
    if (hit === undefined) {
      say(permit, 'miss');
      if (directive.only) throw nothingKept('there is none');
      return undefined;
    }
    if (this.#leads) this.#kept = true;
    this.end(true);
    say(permit, `hit; age=${Math.max(0, Math.floor(hit.ageMs / 1000))}`);
    this.#cache.hit(place);
    return hit;
  }

  /** The same for people who ask why: it waits for no other call, and counts as none. */
  async peek(): Promise<Hit | undefined> {
    const { directive } = this.#input;
    return directive.refresh
      ? undefined
      : this.#lookUp((directive.ttlSeconds ?? Number.POSITIVE_INFINITY) * 1000, true);
  }

  /** Streams do not wait for equal ones, and neither does a call that would not go out itself. */
  async #lookUp(maxAgeMs: number, isAlone: boolean): Promise<Hit | undefined> {
    const { place, request, directive } = this.#input;
    const untilMs = performance.now() + this.#cache.waitMs;
    for (;;) {
      const held = this.#cache.findInMemory(place, maxAgeMs);
      if (held !== undefined) return held;
      const flight = isAlone ? undefined : this.#cache.flights.get(place.key);
      if (flight === undefined) {
        this.#leads = !isAlone && !directive.noStore;
        if (this.#leads) this.#cache.flights.lead(place.key);
        return this.#cache.findInDatabase(place, maxAgeMs);
      }
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return undefined;
      if (request.cancellation.cancelled) throw new ClientGone();
      const end = await flight.wait(leftMs, (listener) => request.cancellation.listen(listener));
      request.cancellation.listen(undefined);
      if (end === 'gone') throw new ClientGone();
      // An answer that is not for others is none for the next one either, so all go out.
      if (end === 'late' || end === 'unkept') return this.#cache.findInMemory(place, maxAgeMs);
    }
  }

  /** Will this answer be kept? Of the model that the key names, whole, with its usage, and not shortened for want of money. */
  mayKeep(running: RunningCall, funding: Funding, usage: Usage | undefined): usage is Usage {
    const { directive, candidate } = this.#input;
    return (
      !directive.noStore &&
      directive.ttlSeconds !== undefined &&
      usage !== undefined &&
      funding.isShortened !== true &&
      running.candidate?.account === candidate.account &&
      running.candidate.model === candidate.model
    );
  }

  /** Keeps an answer that is on record. */
  keep(answer: CachedAnswer): void {
    const { directive, place, facts, request, call } = this.#input;
    this.#kept = true;
    this.#cache.keep(place, answer, {
      ...facts,
      livemode: request.caller.livemode,
      clientId: request.tags.client,
      project: request.tags.project,
      dialect: call.dialect,
      streamed: call.stream,
      ttlMs: (directive.ttlSeconds ?? 0) * 1000,
    });
  }

  /** The call is over: those that wait for it go on. */
  end(isAnswered: boolean): void {
    if (!this.#leads) return;
    this.#leads = false;
    this.#cache.flights.end(this.#input.place.key, this.#kept ? 'kept' : isAnswered ? 'unkept' : 'failed');
  }
}

/** Undefined where a plain answer is not for the cache. */
export function keeping(
  running: RunningCall,
  {
    answered,
    funding,
    cached,
  }: { answered: Extract<Answered, { kind: 'plain' }>; funding: Funding; cached: CachedCall },
): (() => void) | undefined {
  const { usage, model, dropped } = answered;
  if (!cached.mayKeep(running, funding, usage)) return undefined;
  const body = Buffer.from(answered.body);
  if (!isKeepable(body)) return undefined;
  say(running.permit, 'stored');
  const provider = running.candidate?.provider ?? '';
  const used = keptUsageOf(running, usage);
  return () => cached.keep({ body, tailBytes: 0, model, provider, ...used, dropped });
}

/** Advice was paid as well, and a hit needs none. */
export function keptUsageOf(
  { candidate, isMarked }: Pick<RunningCall, 'candidate' | 'isMarked'>,
  usage: Usage,
): Pick<CachedAnswer, 'usage' | 'costNanos'> {
  const price = candidate?.price;
  const kept = keptUsage({ price, usage: billedUsage(candidate?.kind, usage), isMarked });
  return price === undefined ? kept : { ...kept, costNanos: kept.costNanos + adviceNanos(kept.usage) };
}

/** Did a plain answer end by itself, and is it small enough to be kept? */
function isKeepable(body: Buffer): boolean {
  return body.length <= answerBytesMax && isWhole(finishReasonsOf(body)) && !declines(body);
}

/** The same of the bytes of a stream. */
export function isKeepableStream(bytes: Buffer): boolean {
  if (bytes.length > answerBytesMax) return false;
  const reasons = new FinishReasons();
  reasons.look(bytes);
  return isWhole(reasons.found) && !declines(bytes);
}

/** Every answer of the call says what the cache did, errors included. */
function say(permit: Permit, text: string): void {
  permit.headers = { ...permit.headers, [header]: text };
}

const header = 'x-gateway-cache';

function nothingKept(why: string): GatewayError {
  return new GatewayError(
    'not_found',
    `No kept answer for this call: ${why}. Leave \`only\` out of X-Gateway-Cache to have a model answer it.`,
    { param: header },
  );
}
