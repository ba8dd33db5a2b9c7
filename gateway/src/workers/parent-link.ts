import cluster from 'node:cluster';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { OpenPort } from '../http/open-port.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { beatMs, isMessage, type StartOrder, type ToParent, type ToWorker } from './worker-messages.ts';

/** More than the parent waits for the slowest worker. */
const gatherMs = 4_000;

/** A worker's line to its parent. */
export class ParentLink {
  /** Resolves with what to serve with. */
  readonly order: Promise<StartOrder>;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;
  #onLastClosed: (() => void) | undefined;

  readonly #gathering = new Map<number, (snapshots: MetricsSnapshot[]) => void>();
  #gathered = 0;

  /** `stop`: the parent asks this worker to end, or is gone. */
  constructor(on: { stop: () => void; adopt: () => void; measure: () => void }) {
    this.order = new Promise((resolve) => {
      process.on('message', (message: unknown, handle: unknown) => {
        if (!isMessage<ToWorker>(message)) return;
        if (message.kind === 'start') resolve(message);
        else if (message.kind === 'connection') this.#connected(handle);
        else if (message.kind === 'metrics of all') this.#gathering.get(message.id)?.(message.snapshots);
        else on[message.kind]();
      });
    });
    cluster.worker?.on('disconnect', () => {
      // Else Node ends this process on the spot, with all it has in flight.
      if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
      on.stop();
    });
    setInterval(() => this.tell({ kind: 'beat', connections: this.#connections.size }), beatMs).unref();
    // The parent tells the operator why a worker ended; the end itself is Node's.
    process.on('uncaughtExceptionMonitor', (error: unknown) =>
      this.tell({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  }

  tell(message: ToParent): void {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }

  /** Says why this worker ends; resolves when the parent has the message, or is gone. */
  fail(reason: string): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || process.send === undefined) resolve();
      else process.send({ kind: 'failed', reason } satisfies ToParent, undefined, undefined, () => resolve());
    });
  }

  /** The metrics of all workers. */
  gatherMetrics(): Promise<MetricsSnapshot[]> {
    const id = ++this.#gathered;
    return new Promise((resolve, reject) => {
      const end = setTimeout(() => {
        this.#gathering.delete(id);
        reject(new Error('the parent of this worker does not answer'));
      }, gatherMs);
      this.#gathering.set(id, (snapshots) => {
        clearTimeout(end);
        this.#gathering.delete(id);
        resolve(snapshots);
      });
      this.tell({ kind: 'gather metrics', id });
    });
  }

  /** `server` gets its connections from here: those that the parent hands to this worker. */
  openPort(server: Server, port: number): OpenPort {
    this.#server = server;
    // Node begins to look for slow senders when a server listens.
    server.emit('listening');
    return {
      port,
      close: () => {
        this.#server = undefined;
        return new Promise((resolve) => {
          if (this.#connections.size === 0) resolve();
          else this.#onLastClosed = resolve;
        });
      },
    };
  }

  #connected(handle: unknown): void {
    if (this.#server === undefined) {
      if (handle instanceof Socket) handle.destroy();
      this.tell({ kind: 'returned' });
      return;
    }
    // A client that has left meanwhile has left no socket.
    const socket = handle instanceof Socket ? handle : undefined;
    if (socket !== undefined) this.#connections.add(socket);
    this.tell({ kind: 'took', connections: this.#connections.size });
    if (socket === undefined) return;
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onLastClosed?.();
    });
    // As `node:http` makes its own: a client that has sent all it has to say still reads.
    socket.allowHalfOpen = true;
    this.#server.emit('connection', socket);
  }
}
