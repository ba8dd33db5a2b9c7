import { toUsd } from '@ai-gateway/shared/money';
import { MapRounds } from './map-rounds.ts';
import type { ScenarioLimits, Tripped } from './scenario-limits.ts';
import { type Ages, SlidingCount } from './sliding-count.ts';

interface Counters {
  calls: SlidingCount;
  nanos: SlidingCount;
  repeats: Map<string, SlidingCount>;
  /** To the minute. */
  usedAtMs: number;
}

/** A process's message to the others about a scenario. */
export interface LoopDelta {
  key: string;
  calls: number;
  nanos: number;
  repeats: [string, number][];
}

/** A process's message to a new one: all its counts of a scenario. */
export interface LoopHistory {
  key: string;
  calls: Ages;
  nanos: Ages;
  repeats: [string, Ages][];
}

/** The number of latest scenarios and prompts that a new process gets. */
const historyScenariosMax = 2_000;
const historyPromptsMax = 100;

/** Scenarios remembered, some 3 kB each; the one that has not called for longest is forgotten first. */
const scenariosMax = 20_000;
/** Prompts remembered for each scenario: a loop's own is always among the latest. */
const promptsMax = 1_000;
/** Of all scenarios, 1 kB each (measured): 200 MB. */
const allPromptsMax = 200_000;
/** The share that is left where they were too many: the next prompts find room without a look at the scenarios. */
const keptShare = 0.9;
/** The prompts that a scenario keeps at first where there are too many: the one of a loop is among them. */
const latestPrompts = 10;
/** Scenarios that are looked at in one sweep, four times a second, and prompts that are forgotten in it. */
const sweptAtOnce = 2_000;
const promptsSweptAtOnce = 10_000;
const scenarioIdleMs = 3_700_000;

/** Counts what each scenario does lately: calls a minute, money an hour, repeats of one prompt in ten minutes. In memory. */
export class LoopDetector {
  readonly #scenarios = new Map<string, Counters>();
  readonly #rounds = new MapRounds(this.#scenarios);
  readonly #deltas = new Map<string, { calls: number; nanos: number; repeats: Map<string, number> }>();
  /** Of all scenarios. */
  #prompts = 0;
  hasOthers = false;

  /** Counts the call and says which limit it passes, if any. */
  admit(key: string, limits: ScenarioLimits, nowMs: number): Tripped | undefined {
    const counters = this.#counters(key, nowMs);
    counters.calls.add(nowMs, 1);
    this.#note(key, { calls: 1, nanos: 0, promptHash: undefined });
    const { maxCallsPerMinute } = limits;
    if (maxCallsPerMinute !== undefined && counters.calls.sum(nowMs) > maxCallsPerMinute)
      return { limit: 'max_calls_per_minute', most: maxCallsPerMinute };
    return this.#overspent(counters, limits, nowMs);
  }

  /** Counts one more call with a prompt, and says whether that is one too many. */
  repeat(
    key: string,
    { maxRepeats }: Pick<ScenarioLimits, 'maxRepeats'>,
    promptHash: string,
    nowMs: number,
  ): Tripped | undefined {
    const repeats = this.#repeat(this.#counters(key, nowMs), promptHash, 1, nowMs);
    this.#note(key, { calls: 0, nanos: 0, promptHash });
    return maxRepeats !== undefined && repeats > maxRepeats ? { limit: 'max_repeats', most: maxRepeats } : undefined;
  }

  /** Adds what a call cost; says whether that was too much for an hour. */
  spent(key: string, limits: ScenarioLimits, nanos: bigint, nowMs: number): Tripped | undefined {
    const counters = this.#counters(key, nowMs);
    counters.nanos.add(nowMs, Number(nanos));
    this.#note(key, { calls: 0, nanos: Number(nanos), promptHash: undefined });
    return this.#overspent(counters, limits, nowMs);
  }

  knows(key: string): boolean {
    return this.#scenarios.has(key);
  }

  /** How many prompts are remembered. */
  get prompts(): number {
    return this.#prompts;
  }

  /** After a resumption nothing that came before counts. */
  clear(key: string): void {
    this.#forget(key);
    this.#deltas.delete(key);
  }

  callsLastMinute(key: string, nowMs: number): number {
    return this.#scenarios.get(key)?.calls.sum(nowMs) ?? 0;
  }

  takeDeltas(): LoopDelta[] {
    const deltas = [...this.#deltas].map(([key, { calls, nanos, repeats }]) => ({
      key,
      calls,
      nanos,
      repeats: [...repeats],
    }));
    this.#deltas.clear();
    return deltas;
  }

  merge(deltas: readonly LoopDelta[], nowMs: number): void {
    for (const { key, calls, nanos, repeats } of deltas) {
      const counters = this.#counters(key, nowMs);
      counters.calls.add(nowMs, calls);
      counters.nanos.add(nowMs, nanos);
      for (const [hash, times] of repeats) this.#repeat(counters, hash, times, nowMs);
    }
  }

  /** One after the other, so that a process which counts very many scenarios can send them in pieces; the clock is read for each. */
  *history(now: () => number): Generator<LoopHistory> {
    for (const key of [...this.#scenarios.keys()].slice(-historyScenariosMax)) {
      const counters = this.#scenarios.get(key);
      if (counters === undefined) continue;
      const { calls, nanos, repeats } = counters;
      const nowMs = now();
      yield {
        key,
        calls: calls.ages(nowMs),
        nanos: nanos.ages(nowMs),
        repeats: [...repeats]
          .slice(-historyPromptsMax)
          .map(([hash, count]): [string, Ages] => [hash, count.ages(nowMs)])
          .filter(([, ages]) => ages.length > 0),
      };
    }
  }

  mergeHistory(histories: readonly LoopHistory[], nowMs: number): void {
    for (const { key, calls, nanos, repeats } of histories) {
      const counters = this.#counters(key, nowMs);
      counters.calls.addAges(nowMs, calls);
      counters.nanos.addAges(nowMs, nanos);
      for (const [hash, ages] of repeats) this.#countOf(counters, hash).addAges(nowMs, ages);
    }
  }

  /** Forgets what counts no longer: scenarios after an hour, and prompts after ten minutes. */
  sweep(nowMs: number): void {
    let left = promptsSweptAtOnce;
    for (const [key, { usedAtMs, repeats }] of this.#rounds.next(sweptAtOnce)) {
      // In either direction: after a clock was set back it would be remembered until the clock has caught up.
      if (Math.abs(nowMs - usedAtMs) > scenarioIdleMs) {
        this.#forget(key);
        continue;
      }
      for (const [hash, count] of repeats) {
        if (left === 0 || count.sum(nowMs) > 0) break;
        repeats.delete(hash);
        this.#prompts -= 1;
        left -= 1;
      }
    }
  }

  #forget(key: string): void {
    this.#prompts -= this.#scenarios.get(key)?.repeats.size ?? 0;
    this.#scenarios.delete(key);
  }

  /** The scenarios that have not called for longest go first, all but their latest prompts, and these only where that is too little. */
  #forgetPrompts(of: Counters): void {
    for (const kept of [latestPrompts, 0])
      for (const counters of this.#scenarios.values()) {
        if (this.#prompts <= allPromptsMax * keptShare) return;
        if (counters !== of) this.#forgetOldest(counters, kept);
      }
  }

  #forgetOldest({ repeats }: Counters, kept: number): void {
    for (const hash of repeats.keys()) {
      if (repeats.size <= kept) return;
      repeats.delete(hash);
      this.#prompts -= 1;
    }
  }

  #overspent(counters: Counters, { maxNanosPerHour }: ScenarioLimits, nowMs: number): Tripped | undefined {
    if (maxNanosPerHour === undefined) return undefined;
    const spent = counters.nanos.sum(nowMs);
    if (spent <= Number(maxNanosPerHour)) return undefined;
    return { limit: 'max_usd_per_hour', mostUsd: toUsd(maxNanosPerHour), spentUsd: toUsd(BigInt(Math.round(spent))) };
  }

  #repeat(counters: Counters, hash: string, times: number, nowMs: number): number {
    const count = this.#countOf(counters, hash);
    count.add(nowMs, times);
    return count.sum(nowMs);
  }

  #countOf(counters: Counters, hash: string): SlidingCount {
    const { repeats } = counters;
    const before = repeats.size;
    const count = repeats.get(hash) ?? new SlidingCount({ bucketMs: 30_000, buckets: 20 });
    // The latest is last: the prompt not seen for longest is forgotten first.
    repeats.delete(hash);
    repeats.set(hash, count);
    if (repeats.size > promptsMax) {
      const [oldest] = repeats.keys();
      if (oldest !== undefined) repeats.delete(oldest);
    }
    this.#prompts += repeats.size - before;
    if (this.#prompts > allPromptsMax) this.#forgetPrompts(counters);
    return count;
  }

  #counters(key: string, nowMs: number): Counters {
    let counters = this.#scenarios.get(key);
    // The latest stand last; a minute's order is enough.
    if (counters !== undefined && Math.abs(nowMs - counters.usedAtMs) < 60_000) return counters;
    counters ??= {
      calls: new SlidingCount({ bucketMs: 1_000, buckets: 60 }),
      nanos: new SlidingCount({ bucketMs: 60_000, buckets: 60 }),
      repeats: new Map(),
      usedAtMs: nowMs,
    };
    counters.usedAtMs = nowMs;
    this.#scenarios.delete(key);
    this.#scenarios.set(key, counters);
    if (this.#scenarios.size > scenariosMax) {
      const [oldest] = this.#scenarios.keys();
      if (oldest !== undefined) this.#forget(oldest);
    }
    return counters;
  }

  #note(key: string, more: { calls: number; nanos: number; promptHash: string | undefined }): void {
    if (!this.hasOthers) return;
    const delta = this.#deltas.get(key) ?? { calls: 0, nanos: 0, repeats: new Map<string, number>() };
    this.#deltas.set(key, delta);
    delta.calls += more.calls;
    delta.nanos += more.nanos;
    if (more.promptHash !== undefined)
      delta.repeats.set(more.promptHash, (delta.repeats.get(more.promptHash) ?? 0) + 1);
  }
}
