import type { NeutralCall } from '../dialects/neutral.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import { cheapest, within } from './auto-choice.ts';
import { type AutoSettings, type AutoWish, type Dial, dialOf, type Learning } from './auto-settings.ts';
import type { AbleModels, AutoChoice, AutoChooser, RouteCandidate } from './candidate.ts';
import type { FindEvidence } from './evidence.ts';
import { bySigner, keptBySession } from './session-step.ts';
import type { Session } from './sessions.ts';
import { type Weighed, weigh } from './weigh-models.ts';
import { type Work, workOf } from './work.ts';

/** Everything `auto` looks at beside the models that can take the call. */
export interface AutoFacts {
  call: NeutralCall;
  /** An upper bound. */
  inputTokens: number;
  /** In the model's name: `auto:cost`. */
  named: Dial | undefined;
  settings: AutoSettings;
  /** The quality that the dial of the workspace asks for. */
  level: number;
  wish: AutoWish | undefined;
  task: string | undefined;
  find: FindEvidence;
  /** The small model for which the words of the call are easy. */
  easyFor?: ((task: string, quality: number) => string | undefined) | undefined;
  session: Session | undefined;
  sessionKey: string;
}

/** How `auto` came to its choice, for `POST /v1/routing/explain`. */
export interface AutoTrace {
  dial: Dial;
  quality: number;
  /** The quality that the dial of the workspace asks for, whatever the call or its client wishes. */
  level: number;
  work: Work;
  task: string | undefined;
  sessionKey: string;
  /** The call goes on where its session is. */
  isKept: boolean;
  models: readonly Weighed[];
  /** The settings of second answers. */
  learning: Learning;
}

/** The step of `auto`: asked once by the route of a call, with the models that can take it. */
export class AutoStep implements AutoChooser {
  readonly #facts: AutoFacts;
  readonly #dial: Dial;
  readonly #quality: number;
  readonly #work: Work;
  #models: Weighed[] = [];
  #isKept = false;

  constructor(facts: AutoFacts) {
    this.#facts = facts;
    const { dial, quality } = dialOf(facts.named, facts.settings, facts.wish);
    this.#dial = dial;
    this.#quality = quality;
    this.#work = workOf(facts.call, facts.inputTokens);
  }

  get trace(): AutoTrace {
    return {
      dial: this.#dial,
      quality: this.#quality,
      level: this.#facts.level,
      work: this.#work,
      task: this.#facts.task,
      sessionKey: this.#facts.sessionKey,
      isKept: this.#isKept,
      models: this.#models,
      learning: this.#facts.settings.learning,
    };
  }

  get task(): string | undefined {
    return this.#facts.task;
  }

  /** The step in words, for `POST /v1/routing/explain`. */
  get traceStep(): { step: string; outcome: string; because: string } {
    const { candidate } = this.#models.find(({ leftOut }) => leftOut === undefined) ?? {};
    const { label, class: strength } = this.#work;
    const because = `${label}; the dial is ${this.#dial}, without evidence such work is for the ${strength} class`;
    return { step: 'auto', outcome: candidate?.model ?? 'none', because };
  }

  isAllowed({ provider, model }: RouteCandidate): boolean {
    const allowed = this.#facts.settings.allowed_models;
    return allowed === undefined || allowed.includes(model) || allowed.includes(`${provider}/${model}`);
  }

  choose(able: AbleModels): AutoChoice | undefined {
    const { call, inputTokens, wish, task, find, session } = this.#facts;
    const easyFor = task === undefined ? undefined : this.#facts.easyFor?.(task, this.#quality);
    const question = { task, find, easyFor, session, work: this.#work, dial: this.#dial, quality: this.#quality };
    const models = weigh(able, { ...question, call, inputTokens: likelyInputTokens(call, inputTokens) });
    this.#models = models;
    const affordable = wish?.maxUsd === undefined ? models : within(models, wish.maxUsd);
    const taken = cheapest(affordable, question);
    if (taken === undefined) return undefined;
    const stays =
      session === undefined ? bySigner(models, call) : keptBySession(models, taken.model, { call, session });
    this.#isKept = stays !== undefined;
    const { model, reason } = stays ?? taken;
    for (const one of models) if (one !== model) one.leftOut ??= `${model.candidate.model} was taken`;
    model.leftOut = undefined;
    return { first: model.candidate, class: model.class, reason };
  }
}
