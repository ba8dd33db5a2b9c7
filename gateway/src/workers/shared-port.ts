import { createServer, type Server, type Socket } from 'node:net';

/** A worker, as the one that connections are handed to. */
export interface Taker {
  /** Serves, and is not about to end. */
  isOpen(): boolean;
  hand(socket: Socket): void;
}

interface Share {
  taker: Taker;
  /** As far as the taker has said. */
  connections: number;
  /** Handed, and not taken yet. */
  inHand: Socket | undefined;
  handedAt: number;
}

/** A connection that no worker takes is closed after this time: its client may find another gateway. */
const patienceMs = 10_000;
const waitingMax = 10_000;

/**
 * The one port of several workers. The parent accepts each connection and hands it to the worker that has fewest; its own copy
 * of the socket stays open until the worker says that it has it, so that a connection handed to one that is dying, or hangs, goes
 * to another and its client notices nothing. A worker is handed one at a time. Tried instead: sockets that share the port
 * (`SO_REUSEPORT`) cost the parent nothing where this costs 60 µs a connection (measured; clients keep theirs), but the kernel
 * deals connections out by chance (of 32, one of two workers has 20 often enough), and goes on dealing them to one that hangs.
 */
export class SharedPort {
  readonly #server: Server;
  readonly #shares: Share[] = [];
  #waiting: { socket: Socket; since: number }[] = [];
  #sweep: NodeJS.Timeout | undefined;

  constructor() {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      // The client may reset it before a worker has it.
      socket.on('error', () => {});
      if (this.#waiting.length >= waitingMax) socket.destroy();
      else {
        this.#waiting.push({ socket, since: performance.now() });
        this.#handOut();
      }
    });
  }

  /** Resolves with the port, which is another than the one wanted where that is 0. */
  listen(where: { port: number; host: string }): Promise<number> {
    this.#sweep = setInterval(() => this.#giveUp(), 1_000).unref();
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: where.port, host: where.host }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : where.port);
      });
    });
  }

  /** From now on it is handed its share. */
  join(taker: Taker): void {
    this.#shares.push({ taker, connections: 0, inHand: undefined, handedAt: 0 });
    this.#handOut();
  }

  took(taker: Taker, connections: number): void {
    const share = this.#shareOf(taker);
    if (share === undefined) return;
    share.connections = connections;
    // This copy; the connection is the worker's now.
    share.inHand?.destroy();
    share.inHand = undefined;
    this.#handOut();
  }

  returned(taker: Taker): void {
    const share = this.#shareOf(taker);
    if (share !== undefined) this.#takeBack(share);
  }

  counted(taker: Taker, connections: number): void {
    const share = this.#shareOf(taker);
    if (share !== undefined) share.connections = connections;
  }

  /** The worker is gone, and all its messages have arrived. */
  leave(taker: Taker): void {
    const share = this.#shareOf(taker);
    if (share === undefined) return;
    this.#shares.splice(this.#shares.indexOf(share), 1);
    this.#takeBack(share);
  }

  /** Accepts no more connections; those that no worker has are closed. */
  close(): void {
    this.#server.close();
    clearInterval(this.#sweep);
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
  }

  #shareOf(taker: Taker): Share | undefined {
    return this.#shares.find((share) => share.taker === taker);
  }

  #takeBack(share: Share): void {
    const { inHand, handedAt } = share;
    share.inHand = undefined;
    if (inHand !== undefined) this.#waiting.unshift({ socket: inHand, since: handedAt });
    this.#handOut();
  }

  #handOut(): void {
    for (;;) {
      const [next] = this.#waiting;
      const share = next && this.#leastLoaded();
      if (next === undefined || share === undefined) return;
      this.#waiting.shift();
      // Its client may have left while it waited.
      if (next.socket.destroyed) continue;
      share.inHand = next.socket;
      share.handedAt = performance.now();
      share.connections += 1;
      share.taker.hand(next.socket);
    }
  }

  /** Of those with equally few, the one that was handed the last connection longest ago. */
  #leastLoaded(): Share | undefined {
    let least: Share | undefined;
    for (const share of this.#shares) {
      if (share.inHand !== undefined || !share.taker.isOpen()) continue;
      if (
        least === undefined ||
        share.connections < least.connections ||
        (share.connections === least.connections && share.handedAt < least.handedAt)
      )
        least = share;
    }
    return least;
  }

  #giveUp(): void {
    const before = performance.now() - patienceMs;
    this.#waiting = this.#waiting.filter(({ socket, since }) => {
      if (since > before) return true;
      socket.destroy();
      return false;
    });
  }
}
