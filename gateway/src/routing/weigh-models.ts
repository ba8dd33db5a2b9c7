import type { NeutralCall } from '../dialects/neutral.ts';
import type { Strength } from '../providers/define-provider.ts';
import type { Dial } from './auto-settings.ts';
import type { AbleModels, RouteCandidate } from './candidate.ts';
import { type FindEvidence, outTokensOf, type Standing, standingOf } from './evidence.ts';
import { expectedNanos } from './expected-cost.ts';
import { isOf, type Session } from './sessions.ts';
import { isThinking, type Work } from './work.ts';

/** A model as `auto` weighed it. */
export interface Weighed {
  candidate: RouteCandidate;
  class: Strength;
  /** Undefined where nobody knows its price. */
  expectedNanos: bigint | undefined;
  standing: Standing;
  /** Why it may answer. */
  because: 'proven' | 'words' | 'type' | 'dial' | 'strong' | undefined;
  /** Why it does not; undefined for the one that was taken. */
  leftOut: string | undefined;
}

export interface Question {
  call: NeutralCall;
  /** As many as there likely are. */
  inputTokens: number;
  work: Work;
  task: string | undefined;
  dial: Dial;
  quality: number;
  find: FindEvidence;
  /** The small model for which the call is easy by its words, as the workspace has learned them. */
  easyFor: string | undefined;
  session: Session | undefined;
}

/**
 * The shipped difficulty, where a workspace has counted nothing: a prior of ten labels' weight, which clears nothing and rules nothing
 * out by itself. It is no measurement of today's models.
 */
const shippedRate = { strong: 0.97, smallAtSmall: 0.96, smallAtStrong: 0.85 };
/** Below this even the dial `cost` gives a small model up. */
const leastQuality = 0.9;

export function weigh({ small, strong }: AbleModels, question: Question): Weighed[] {
  const models: Weighed[] = [];
  for (const candidate of small) models.push(weighed(candidate, 'small', question));
  for (const candidate of strong) models.push(weighed(candidate, 'strong', question));
  return models;
}

function weighed(candidate: RouteCandidate, strength: Strength, question: Question): Weighed {
  const { call, inputTokens, work, task, find, session } = question;
  const { model, price } = candidate;
  const shipped = shippedRateOf(strength, work);
  const scopes = { task, topic: work.topic, model };
  const standing = standingOf(find, { ...scopes, shipped });
  const isWarm = session !== undefined && isOf(session, candidate);
  const cost =
    price &&
    expectedNanos(price, {
      inputTokens,
      warmTokens: isWarm ? session.inputTokens : 0,
      outTokensMean: outTokensOf(find, scopes),
      class: work.class,
      isThinking: isThinking(call),
      maxTokens: call.maxTokens,
      choices: call.choices,
    });
  const { because, leftOut } = strength === 'strong' ? allowed('strong') : judged(model, standing, question);
  return { candidate, class: strength, expectedNanos: cost, standing, because, leftOut };
}

export function shippedRateOf(strength: Strength, work: Pick<Work, 'class'>): number {
  if (strength === 'strong') return shippedRate.strong;
  return work.class === 'small' ? shippedRate.smallAtSmall : shippedRate.smallAtStrong;
}

/** May a small model answer, and why? */
export function judged(
  model: string,
  { proven, upper, withdrawn, pairs }: Standing,
  { dial, quality, work, easyFor }: Pick<Question, 'dial' | 'quality' | 'easyFor'> & { work: Omit<Work, 'topic'> },
): Pick<Weighed, 'because' | 'leftOut'> {
  // All that is proven after a withdrawal comes from later pairs: the dial of the workspace may ask for more than this call.
  const isProven = proven !== undefined && proven >= quality;
  if (withdrawn && !isProven) return no('its newest answers to this task no longer agree');
  const least = dial === 'cost' ? Math.min(quality, leastQuality) : quality;
  if (upper < least) return no(`evidence speaks against it: ${percent(upper)} at most`);
  if (isProven) return allowed('proven');
  // The dial `quality` does not rely on other tasks alone.
  if (easyFor === model && (dial !== 'quality' || pairs > 0)) return allowed('words');
  if (dial === 'cost') return allowed('dial');
  if (dial === 'quality') return no('nothing measured shows that it is as good at this task');
  if (work.class === 'small') return allowed('type');
  return no(`${work.label} goes to strong models until it is measured`);
}

function allowed(because: Weighed['because']): Pick<Weighed, 'because' | 'leftOut'> {
  return { because, leftOut: undefined };
}

function no(leftOut: string): Pick<Weighed, 'because' | 'leftOut'> {
  return { because: undefined, leftOut };
}

/** The pairs behind a proof: a judge has an opinion, so its pairs do not "agree". */
export function sayPairs({ pairs, agreeing, isJudged }: Standing): string {
  const share = percent(agreeing / pairs);
  return isJudged ? `${pairs} pairs judged, ${share} as good` : `${pairs} pairs agree ${share}`;
}

function percent(rate: number): string {
  return `${Math.round(rate * 100)}%`;
}
