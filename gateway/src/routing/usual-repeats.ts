import type { TaskRateRow } from './task-rates-store.ts';

/** Calls of other models show how often a task is repeated by its nature, as one that polls is: from this many on. */
const othersMin = 20;
/** One-sided 95 percent. */
const z = 1.645;

/** Repeats speak against a model only as far as it has more of them than the other models of the task; with few calls of others they say nothing. */
export class UsualRepeats {
  readonly #tasks = new Map<string, { n: number; okSum: number }>();

  /** All rates of a task are added before the first is read. */
  add(rates: readonly TaskRateRow[]): void {
    for (const { task, signal, n, okSum } of rates) {
      if (signal !== 'retry') continue;
      const all = this.#tasks.get(task);
      if (all === undefined) this.#tasks.set(task, { n, okSum });
      else {
        all.n += n;
        all.okSum += okSum;
      }
    }
  }

  /** Undefined where it says nothing. */
  beside(rate: TaskRateRow): TaskRateRow | undefined {
    const all = rate.signal === 'retry' ? this.#tasks.get(rate.task) : undefined;
    if (all === undefined) return rate;
    const others = { n: all.n - rate.n, okSum: all.okSum - rate.okSum };
    if (others.n < othersMin) return undefined;
    const excess = Math.max(0, rate.n - rate.okSum - rate.n * usualRepeats(others));
    return { ...rate, okSum: rate.n - excess };
  }
}

/** The share of calls that are repeated whichever model answers, as high as the calls of the others leave it open. */
function usualRepeats({ n, okSum }: { n: number; okSum: number }): number {
  const mean = (n - okSum + 1) / (n + 2);
  return mean + z * Math.sqrt((mean * (1 - mean)) / (n + 3));
}
