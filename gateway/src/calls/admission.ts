import { hash } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import { isCarried, lockOf, noLock, type ScenarioLock } from '../accounts/scenario-lock.ts';
import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { OfViews } from '../db/of-views.ts';
import type { Outline } from '../dialects/json-outline.ts';
import type { SpendBackfill } from '../limits/backfill-spend.ts';
import type { LoopDetector } from '../limits/loop-detector.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import { type CallPolicy, limitsOf, pauseFor } from '../limits/policy-store.ts';
import type { LimitHeaders, RateLimiter } from '../limits/rate-limiter.ts';
import { reasonOf, type ScenarioLimits, type Tripped } from '../limits/scenario-limits.ts';
import { loopKey, type PausePorts, pauseScenario } from '../scenarios/pause-scenario.ts';
import { type Markup, shownMarkup } from '../usage/markup.ts';
import { limitsFor, rateLimited } from './call-limits.ts';
import { refuseStopped } from './refuse-stopped.ts';

export interface AdmissionPorts extends PausePorts {
  publicUrl: string;
  policies: PolicyCache;
  rateLimiter: RateLimiter;
  loopDetector: LoopDetector;
  spendBackfill: SpendBackfill;
}

/** A call's admission under rate limits and loop detection. `release` gives back what it took under rate limits. */
export interface Permit {
  /** OpenAI's `x-ratelimit-*`. */
  headers: LimitHeaders;
  /** The markup of the amounts that the caller sees: a client does not see the cost. */
  markup: Markup | undefined;
  /**
   * Counts the call as one more with its prompt, where a limit asks for that, and throws `scenario_paused` where it is one too many. Left to
   * the call itself: an answer from the cache is no repetition.
   */
  countRepeat: (() => Promise<void> | undefined) | undefined;
  /** Called once, when the call is over, however it ended. */
  release(outcome: { tokens: number; costNanos: bigint }): void;
}

interface AdmissionRequest {
  caller: Caller;
  tags: CallTags;
  receivedAtMs: number;
  body: Buffer;
  outline: Outline;
}

/** May this caller call a model at all? */
export function mayCall(caller: Caller): void {
  if (caller.role === 'viewer') {
    throw new GatewayError(
      'forbidden',
      'This key has the role viewer, which cannot call models. Use a key with the role caller, member or owner.',
    );
  }
}

/**
 * Is the scenario running, is it looping, is there a place under the rate limits? Throws `scenario_paused` or `rate_limited`;
 * a promise only where something must be read or written first.
 */
export function admit(services: AdmissionPorts, request: AdmissionRequest): Permit | Promise<Permit> {
  const policy = services.policies.of(request.caller.workspaceId, request.caller.livemode);
  return policy instanceof Promise
    ? policy.then((read) => admitUnder(services, read, request))
    : admitUnder(services, policy, request);
}

function admitUnder(services: AdmissionPorts, policy: CallPolicy, request: AdmissionRequest): Permit | Promise<Permit> {
  const { caller, tags } = request;
  refuseStopped(policy, { caller, tags, publicUrl: services.publicUrl });
  refuseLocked(policy, tags);
  const nowMs = services.now();
  const watched = tags.scenario === undefined ? nothingWatched : watchedIn(policy, caller, tags.scenario, tags);
  if (watched.length > 0) {
    const paused = pauseFor(policy, tags);
    if (paused !== undefined) throw scenarioPaused(services, tags.scenario ?? '', paused, caller);
  }
  for (const one of watched) {
    const { place, key, limits } = one;
    if (!services.loopDetector.knows(key)) countSpentBefore(services, one, request);
    const tripped = services.loopDetector.admit(key, limits, nowMs);
    if (tripped !== undefined) return refuseTripped(services, { place, tags, tripped, caller });
  }
  const limits = limitsFor(policy, caller, tags);
  const guess = limits.some(({ limit }) => limit.tokensPerMinute !== undefined)
    ? Math.ceil(request.body.length / 4)
    : 0;
  const excess = services.rateLimiter.admit(limits, guess, nowMs);
  if (excess !== undefined) throw rateLimited(excess, services.rateLimiter.headers(limits, nowMs));
  let released = false;
  const countsRepeats = watched.some(({ limits }) => limits.maxRepeats !== undefined);
  return {
    countRepeat: countsRepeats ? () => countRepeats(services, watched, request) : undefined,
    headers: limits.length === 0 ? noHeaders : services.rateLimiter.headers(limits, nowMs),
    markup: shownMarkup(policy.markups, caller, tags.client),
    release: ({ tokens, costNanos }) => {
      if (released) return;
      released = true;
      const endMs = services.now();
      services.rateLimiter.release(limits, tokens - guess, endMs);
      for (const { place, key, limits } of watched) {
        const tripped = services.loopDetector.spent(key, limits, costNanos, endMs);
        if (tripped !== undefined) void trip(services, { place, tags, tripped });
      }
    },
  };
}

/** Is the client of these tags locked? */
export function isLocked({ lockedClients }: CallPolicy, { client }: CallTags): boolean {
  return lockedClients.size > 0 && client !== undefined && lockedClients.has(client);
}

/** Throws `budget_exceeded` for the calls of a client that is locked. */
export function refuseLocked(policy: CallPolicy, { client }: CallTags): void {
  if (client === undefined || !isLocked(policy, { client })) return;
  throw new GatewayError('budget_exceeded', lockedMessage(client), { details: { client_id: client, locked: true } });
}

/** Throws `budget_exceeded` for live calls of a workspace that signed up and has nothing yet to pay them with. */
export function refuseUnpaid(
  { needsPlan }: Pick<WorkspaceView, 'needsPlan'>,
  { livemode }: Pick<Caller, 'livemode'>,
): void {
  if (needsPlan && livemode) throw new GatewayError('budget_exceeded', planMessage, { details: { plan: 'none' } });
}

export const planMessage =
  'This workspace has no plan yet. Buy a plan, or add a provider key of your own with POST /v1/providers. Test keys work meanwhile.';

export function lockedMessage(client: string): string {
  return `Client "${client}" is locked, so its calls are refused. An owner or a member of the workspace can unlock it.`;
}

const noHeaders: LimitHeaders = {};

interface Watched {
  place: ScenarioKey;
  key: string;
  limits: ScenarioLimits;
}

/** The limits watched for each scenario, put together once for as long as the policy holds. */
const watchedScenarios = new OfViews<CallPolicy, readonly Watched[]>({ most: 50_000 });
const nothingWatched: readonly Watched[] = [];

/**
 * Calls are counted by the lock of their key: the loop of one client's key pauses that client's calls of a scenario, and never
 * another's. Limits that a client set for its scenario are counted beside, since the agency's own keys call for it too.
 */
function watchedIn(policy: CallPolicy, caller: Caller, id: string, tags: CallTags): readonly Watched[] {
  const lock = lockOf(caller);
  const own = watchedBy(policy, caller, id, lock);
  const others = policy.lockedLimits.get(id)?.filter((one) => one.lock !== lock && isCarried(one.tags, tags));
  if (others === undefined || others.length === 0) return own;
  const { workspaceId, livemode } = caller;
  return [
    ...own,
    ...others.map(({ lock: other, limits }) => {
      const place = { workspaceId, livemode, id, lock: other };
      return { place, key: loopKey(place), limits };
    }),
  ];
}

function watchedBy(
  policy: CallPolicy,
  { workspaceId, livemode }: Caller,
  id: string,
  lock: ScenarioLock,
): readonly Watched[] {
  const name = lock === noLock ? id : `${lock} ${id}`;
  const known = watchedScenarios.get(policy, name);
  if (known !== undefined) return known;
  const place = { workspaceId, livemode, id, lock };
  const watched = [{ place, key: loopKey(place), limits: limitsOf(policy, id, lock) }];
  watchedScenarios.set(policy, name, watched);
  return watched;
}

/** Adds what the scenario spent before this process met it: a restart is no way out of a limit. */
function countSpentBefore(
  { spendBackfill, loopDetector, now }: AdmissionPorts,
  { place, key, limits }: Watched,
  { receivedAtMs }: AdmissionRequest,
): void {
  if (limits.maxNanosPerHour === undefined) return;
  // Calls from this one on are counted by themselves.
  spendBackfill.request(place, receivedAtMs, (nanos) => void loopDetector.spent(key, limits, nanos, now()));
}

function countRepeats(
  services: AdmissionPorts,
  watched: readonly Watched[],
  request: AdmissionRequest,
): Promise<never> | undefined {
  const prompt = promptHash(request);
  if (prompt === undefined) return undefined;
  for (const { place, key, limits } of watched) {
    if (limits.maxRepeats === undefined) continue;
    const tripped = services.loopDetector.repeat(key, limits, prompt, services.now());
    if (tripped !== undefined)
      return refuseTripped(services, { place, tags: request.tags, tripped, caller: request.caller });
  }
  return undefined;
}

/** The prompt's bytes as they came: without `metadata`, in which execution ids change from call to call. */
function promptHash({ body, outline }: AdmissionRequest): string | undefined {
  const prompt = outline.members.get('messages') ?? outline.members.get('input');
  return prompt === undefined
    ? undefined
    : hash('sha1', body.subarray(prompt.valueStart, prompt.valueEnd), 'base64').slice(0, 16);
}

async function refuseTripped(
  services: AdmissionPorts,
  trip_: { place: ScenarioKey; tags: CallTags; tripped: Tripped; caller: Caller },
): Promise<never> {
  const why = await trip(services, trip_);
  throw scenarioPaused(services, trip_.place.id, why, trip_.caller);
}

async function trip(
  services: AdmissionPorts,
  { place, tags, tripped }: { place: ScenarioKey; tags: CallTags; tripped: Tripped },
): Promise<{ reason: string; by: string }> {
  // A client reads of its own pause: how much it cost the workspace is not for it.
  const reason =
    place.lock !== noLock && tripped.limit === 'max_usd_per_hour'
      ? 'It spent more in an hour than its limit allows.'
      : reasonOf(tripped);
  const why = { reason, by: 'loop_breaker' };
  try {
    await pauseScenario(services, place, { ...why, platform: tags.platform });
  } catch (cause) {
    services.log.error(
      { err: cause, scenario: place.id },
      'a looping scenario could not be paused for good; its calls are refused',
    );
  }
  return why;
}

function scenarioPaused(
  services: AdmissionPorts,
  id: string,
  { reason: storedReason, by: pausedBy }: { reason: string; by: string },
  caller: Caller,
): GatewayError {
  // The names of other keys are the workspace's business.
  const reason = seesMargin(caller)
    ? storedReason
    : storedReason.replace(/^It spent \$.*$/, 'It spent more in an hour than its limit allows.');
  const by = caller.lockedTags.length > 0 && pausedBy !== 'loop_breaker' ? 'the workspace' : pausedBy;
  const resumeUrl = `${services.publicUrl}/v1/scenarios/${encodeURIComponent(id)}/resume`;
  const who = by === 'loop_breaker' ? 'the loop breaker' : by;
  return new GatewayError(
    'scenario_paused',
    `Scenario "${id}" was paused by ${who}${reason === '' ? '' : `: ${reason.trim()}`}${/[.!?]\s*$/.test(reason) ? '' : '.'} Resume it when it is fixed: ${resumeUrl}`,
    {
      details: {
        scenario_id: id,
        reason: reason === '' ? `Paused by ${who}.` : reason,
        by,
        resume_url: resumeUrl,
      },
    },
  );
}
