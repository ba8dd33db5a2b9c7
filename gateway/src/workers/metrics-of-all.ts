import { Counter, Gauge, Registry } from 'prom-client';
import { joinRegistries, type MetricsSnapshot } from '../telemetry/metrics.ts';

/** A worker that does not answer for so long is left with the figures it had. */
const patienceMs = 2_000;

interface Measured {
  /** Its last answer. */
  snapshot: MetricsSnapshot | undefined;
  answer: ((snapshot: MetricsSnapshot) => void) | undefined;
}

/**
 * The metrics of every worker, and of those that are gone: a counter never falls because a worker ended. Counts of a killed
 * worker since its last report are lost.
 */
export class MetricsOfAll<Worker extends object> {
  readonly #measured = new Map<Worker, Measured>();
  readonly #own = new Registry();
  readonly #restarts: Counter;
  /** Of those that are gone: the first has what the earlier ones counted. */
  #gone: MetricsSnapshot[] = [];
  #isFolding = false;

  constructor(options: { serving: () => number }) {
    const registers = [this.#own];
    new Gauge({
      name: 'gateway_workers',
      help: 'Workers that serve (WORKERS)',
      registers,
      collect() {
        this.set(options.serving());
      },
    });
    this.#restarts = new Counter({
      name: 'gateway_worker_restarts_total',
      help: 'Workers that ended unexpectedly or hung, and were restarted',
      registers,
    });
  }

  joined(worker: Worker): void {
    this.#measured.set(worker, { snapshot: undefined, answer: undefined });
  }

  restarted(): void {
    this.#restarts.inc();
  }

  answered(worker: Worker, snapshot: MetricsSnapshot): void {
    const measured = this.#measured.get(worker);
    if (measured === undefined) return;
    measured.snapshot = snapshot;
    measured.answer?.(snapshot);
  }

  /** The process is gone; its counts stay. */
  async left(worker: Worker): Promise<void> {
    const measured = this.#measured.get(worker);
    this.#measured.delete(worker);
    if (measured?.snapshot === undefined) return;
    this.#gone.push(measured.snapshot.filter(({ type }) => String(type) !== 'gauge'));
    await this.#fold();
  }

  /** So that a thousand that are gone take no more room than one. Several may go at the same moment, and be read meanwhile. */
  async #fold(): Promise<void> {
    if (this.#isFolding) return;
    this.#isFolding = true;
    while (this.#gone.length > 1) {
      const folded = [...this.#gone];
      const sum = await joinRegistries(folded).getMetricsAsJSON();
      this.#gone.splice(0, folded.length, sum);
    }
    this.#isFolding = false;
  }

  /** `ask` has a worker measure itself, which `answered` hears of. */
  async gather(ask: (worker: Worker) => void): Promise<MetricsSnapshot[]> {
    // As of one moment: one that goes while the others are asked counts once.
    const gone = [...this.#gone];
    const living = await Promise.all([...this.#measured].map(([worker, measured]) => this.#one(worker, measured, ask)));
    return [await this.#own.getMetricsAsJSON(), ...gone, ...living];
  }

  #one(worker: Worker, measured: Measured, ask: (worker: Worker) => void): Promise<MetricsSnapshot> {
    return new Promise((resolve) => {
      const before = measured.answer;
      const timer = setTimeout(() => resolve(measured.snapshot ?? []), patienceMs);
      measured.answer = (snapshot) => {
        clearTimeout(timer);
        measured.answer = undefined;
        before?.(snapshot);
        resolve(snapshot);
      };
      ask(worker);
    });
  }
}
