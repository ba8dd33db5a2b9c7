import { statusOf } from '../budgets/budget.ts';
import type { AnswerContent } from '../dialects/answer-content.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { Checkable } from '../routing/agreement.ts';
import type { ModelJudge } from '../routing/auto-settings.ts';
import type { ModelCall } from './model-call.ts';
import type { RunningCall } from './settle-call.ts';

/** A call whose answer has left, and which another model is to answer too. */
export interface Shadow {
  request: ModelCall;
  call: NeutralCall;
  inputTokens: number;
  /** In hex. */
  task: string;
  /** The type of the task. */
  topic: string;
  routingVersion: number | undefined;
  answer: AnswerContent;
  /** `free`: only a judge can compare it. `none`: nobody can, and it is only noted. */
  kind: Checkable | 'free' | 'none';
  /** The model that judges what no program can compare; undefined where the settings name none. */
  judge: ModelJudge | undefined;
  /** The model that answered, and its class. */
  model: string;
  isStrong: boolean;
  /** The model that is to answer too, as the settings name it, and as its provider does. */
  other: string;
  otherModel: string;
  /** The share that the dial of the workspace asks for. A call's own wish clears no task. */
  level: number;
  dayLimitNanos: bigint;
}

/** More wait for nobody: what is not compared is no loss. */
const waitingMax = 50;
/** Bodies are kept in memory until their second answer. */
const bodyBytesMax = 256 * 1024;

/** The answer to the customer leaves first. */
const restMs = 200;

/** Calls that wait for their second answer, in the memory of this process only: a process that ends loses nothing but a sample. */
export class ShadowQueue {
  readonly #waiting: { shadow: Shadow; dueAt: number }[] = [];
  #underWay = 0;

  add(shadow: Shadow): void {
    if (this.#waiting.length < waitingMax && shadow.request.body.length <= bodyBytesMax)
      this.#waiting.push({ shadow, dueAt: performance.now() + restMs });
  }

  /** The oldest whose answer has left; undefined where none is due. It is under way until `ended`. */
  next(): Shadow | undefined {
    const [first] = this.#waiting;
    if (first === undefined || first.dueAt > performance.now()) return undefined;
    this.#waiting.shift();
    this.#underWay += 1;
    return first.shadow;
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** Those that wait and those under way. */
  get unfinished(): number {
    return this.#waiting.length + this.#underWay;
  }
}

/** Has a budget of the call reached its first threshold? Then nothing is spent on learning. */
export function isAtWarning({ hold }: Pick<RunningCall, 'hold'>): boolean {
  return (
    hold?.balances.some(
      ({ budget: { thresholds }, spentNanos, unpostedNanos, limitNanos }) =>
        statusOf({ thresholds, notifiedThresholds: [], spentNanos: spentNanos + unpostedNanos, limitNanos }) !== 'ok',
    ) === true
  );
}
