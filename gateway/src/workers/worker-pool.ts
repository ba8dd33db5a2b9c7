import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { MetricsOfAll } from './metrics-of-all.ts';
import { afterFailure, type Failures, noFailures } from './restart-delay.ts';
import type { SharedPort, Taker } from './shared-port.ts';
import { beatMs, isMessage, type StartOrder, type ToParent, type ToWorker } from './worker-messages.ts';

/** A worker that is silent for so many looks hangs. Looks, not seconds: a machine that slept has slept for both. */
const silentLooksMax = 6;
/** While it loads its code a worker says nothing. */
const loadingLooksMax = 60;

/** A place for one worker after another. */
interface Slot {
  number: number;
  worker: Worker | undefined;
  state: 'starting' | 'ready' | 'stopping' | 'waiting';
  isLoaded: boolean;
  silentLooks: number;
  readyAt: number;
  failures: Failures;
  /** The reason of its end, as the worker itself or the watch over it gave it. */
  reason: string | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The workers of a parent: processes that serve one port. A worker that ends unasked, or is silent for six seconds, is replaced. */
export class WorkerPool {
  readonly #port: SharedPort;
  readonly #log: Logger;
  readonly #onRefused: (text: string) => void;
  readonly #slots: Slot[];
  readonly #ticker: NodeJS.Timeout;
  readonly #metrics = new MetricsOfAll<Worker>({
    serving: () => this.#slots.filter(({ state }) => state === 'ready').length,
  });
  #order: Omit<StartOrder, 'number' | 'kind'> | undefined;
  #isStopping = false;
  #hasFailed = false;
  /** Callbacks that wait for the pool to be ready, or to be gone. */
  #onChange: (() => void)[] = [];
  #startFault: string | undefined;
  #url = '';

  /** The workers begin to load their code at once; `start` gives them port and database. */
  constructor(options: { count: number; port: SharedPort; log: Logger; onRefused: (text: string) => void }) {
    this.#port = options.port;
    this.#log = options.log;
    this.#onRefused = options.onRefused;
    this.#slots = Array.from({ length: options.count }, (_, i) => ({
      number: i + 1,
      worker: undefined,
      state: 'waiting',
      isLoaded: false,
      silentLooks: 0,
      readyAt: 0,
      failures: noFailures,
      reason: undefined,
      timer: undefined,
    }));
    for (const slot of this.#slots) this.#fork(slot);
    this.#ticker = setInterval(() => this.#look(), beatMs);
  }

  /** Resolves with the address when every worker serves; rejects with what the first one that could not said. */
  async start(order: Pick<StartOrder, 'port' | 'embedded'>): Promise<string> {
    this.#order = { ...order, isFirstStart: true };
    for (const slot of this.#slots) this.#giveOrder(slot);
    await this.#until(() => this.#startFault !== undefined || this.#slots.every(({ state }) => state === 'ready'));
    if (this.#startFault !== undefined) throw new Error(this.#startFault);
    this.#order.isFirstStart = false;
    return this.#url;
  }

  /** Every worker finishes what is in flight and ends. Resolves with whether all did so in order. */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    this.#port.close();
    for (const slot of this.#slots) {
      clearTimeout(slot.timer);
      this.#tell(slot, { kind: 'stop' });
    }
    await this.#until(() => this.#slots.every(({ worker }) => worker === undefined));
    clearInterval(this.#ticker);
    return !this.#hasFailed;
  }

  /** Immediately, with calls in flight. */
  kill(): void {
    this.#isStopping = true;
    for (const { worker } of this.#slots) worker?.process.kill('SIGKILL');
    clearInterval(this.#ticker);
  }

  #fork(slot: Slot): void {
    const worker = cluster.fork();
    const taker: Taker = {
      isOpen: () => slot.worker === worker && slot.state === 'ready',
      // A worker that is gone answers nothing; its connections are handed on when its line closes.
      hand: (socket) => worker.send({ kind: 'connection' } satisfies ToWorker, socket, { keepOpen: true }, () => {}),
    };
    Object.assign(slot, { worker, state: 'starting', isLoaded: false, silentLooks: 0, reason: undefined });
    worker.on('message', (message: unknown) => {
      slot.silentLooks = 0;
      if (isMessage<ToParent>(message)) this.#hear(slot, message, { worker, taker });
    });
    // A message to a worker that is gone fails with this error; `exit` reports its end.
    worker.on('error', () => {});
    worker.once('exit', (code: number | null, signal: string | null) => {
      this.#ended(slot, { code, signal });
      afterLastWord(worker, () => {
        this.#port.leave(taker);
        void this.#metrics.left(worker);
      });
    });
  }

  #hear(slot: Slot, message: ToParent, { worker, taker }: { worker: Worker; taker: Taker }): void {
    switch (message.kind) {
      case 'loaded':
        slot.isLoaded = true;
        this.#giveOrder(slot);
        break;
      case 'ready':
        slot.state = 'ready';
        slot.readyAt = performance.now();
        this.#url = message.url;
        this.#port.join(taker);
        this.#metrics.joined(worker);
        if (slot.failures.count > 0)
          this.#log.warn({ worker: slot.number, pid: worker.process.pid }, 'a worker is back');
        this.#changed();
        break;
      case 'measured':
        this.#metrics.answered(worker, message.snapshot);
        break;
      case 'gather metrics':
        void this.#metrics
          .gather((one) => tell(one, { kind: 'measure' }))
          .then((snapshots) => tell(worker, { kind: 'metrics of all', id: message.id, snapshots }));
        break;
      case 'stopping':
        slot.state = 'stopping';
        break;
      case 'failed':
        slot.reason = message.reason;
        break;
      case 'refused':
        this.#onRefused(message.text);
        break;
      case 'beat':
        this.#port.counted(taker, message.connections);
        break;
      case 'took':
        this.#port.took(taker, message.connections);
        break;
      case 'returned':
        this.#port.returned(taker);
        break;
    }
  }

  /** Both must have happened, in either order: the worker has loaded its code, and the parent knows what to serve with. */
  #giveOrder(slot: Slot): void {
    if (slot.isLoaded && this.#order !== undefined)
      this.#tell(slot, { kind: 'start', number: slot.number, ...this.#order });
  }

  #tell({ worker }: Slot, message: ToWorker): void {
    if (worker !== undefined) tell(worker, message);
  }

  #look(): void {
    for (const slot of this.#slots) {
      if (slot.worker === undefined) continue;
      slot.silentLooks += 1;
      if (slot.silentLooks <= (slot.state === 'starting' ? loadingLooksMax : silentLooksMax)) continue;
      slot.reason = `it hung: no sign of life for ${Math.round((slot.silentLooks * beatMs) / 1000)} s`;
      slot.silentLooks = 0;
      slot.worker.process.kill('SIGKILL');
    }
  }

  #ended(slot: Slot, { code, signal }: { code: number | null; signal: string | null }): void {
    const { number, worker, state, readyAt } = slot;
    const wasAsked = code === 0 && (state === 'stopping' || this.#isStopping);
    const reason = slot.reason ?? (signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
    slot.worker = undefined;
    slot.state = 'waiting';
    if (this.#isStopping) {
      if (!wasAsked) this.#hasFailed = true;
      this.#changed();
      return;
    }
    if (this.#order?.isFirstStart !== false) {
      this.#startFault ??= reason;
      this.#changed();
      return;
    }
    slot.failures = wasAsked
      ? noFailures
      : afterFailure(slot.failures, readyAt === 0 ? 0 : performance.now() - readyAt);
    slot.readyAt = 0;
    const { count, delayMs } = slot.failures;
    const facts = { worker: number, pid: worker?.process.pid, code, signal, reason };
    if (wasAsked) this.#log.warn(facts, 'a worker was stopped; it is being restarted');
    else if (count === 1) this.#log.error(facts, 'a worker ended unexpectedly; it is being restarted');
    else
      this.#log.error(
        { ...facts, failures: count, delayMs },
        'a worker keeps ending; it is restarted after a pause, and the others serve meanwhile',
      );
    if (!wasAsked) this.#metrics.restarted();
    const living = this.#slots.find((one) => one.state === 'ready');
    if (!wasAsked && living !== undefined) this.#tell(living, { kind: 'adopt' });
    slot.timer = setTimeout(() => this.#fork(slot), delayMs);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#onChange.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#onChange.splice(0)) wake();
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

/**
 * Resolves when all messages of an ended worker have arrived: a connection that it has taken must not be handed to a second one.
 * `disconnect` would say so, but does not come where a handle was under way (Node 24, `_handleQueue` in internal/child_process).
 */
function afterLastWord(worker: Worker, then: () => void): void {
  if (worker.isConnected()) setImmediate(() => afterLastWord(worker, then));
  else then();
}
