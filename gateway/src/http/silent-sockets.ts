import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections over which nothing was ever sent. Browsers and HTTP clients open some in advance; Node counts them as busy, and once its server
 * is closed its time limit for heads no longer ends them: one of them would hold up a stop for the whole time that calls are given.
 */
export class SilentSockets {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  close(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
