import type { Server } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server as SocketServer } from 'node:net';

/**
 * Node takes one waiting connection from a listening socket in each turn of the event loop (libuv, pull request 3696), and while
 * a thousand streams are relayed a turn lasts tens of milliseconds. Of so many sockets it takes one each.
 */
const socketsPerPort = 16;

/** A port that is listened to. */
export interface OpenPort {
  port: number;
  /** Takes no more connections; resolves when those there were have ended. */
  close(): Promise<void>;
}

/**
 * Listens for `server`, by several sockets where the kernel divides new connections among them. Rejects with what `listen` says
 * where the port is somebody else's.
 */
export async function openPort(server: Server, where: { port: number; host: string }): Promise<OpenPort> {
  if (process.platform !== 'linux') return opened([await listening(server, where)]);
  // Sockets that share a port would share it with another gateway's too: first, it must be nobody's.
  const alone = await listening(createServer(), where);
  const shared = { ...where, port: portOf(alone), reusePort: true };
  await closed(alone);
  const sockets: SocketServer[] = [];
  try {
    sockets.push(await listening(server, shared));
    while (sockets.length < socketsPerPort) {
      // As `node:http` makes its own.
      const more = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
      sockets.push(await listening(more, shared));
    }
  } catch (error) {
    // One socket is enough, where the kernel shares no port, or there is no more to be had.
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      await Promise.all(sockets.map(closed));
      throw error;
    }
    if (sockets.length === 0) sockets.push(await listening(server, { ...shared, reusePort: false }));
  }
  return opened(sockets);
}

/** The error for the operator when a port cannot be opened: it names the variable to change. */
export function cannotListen({ port, host }: { port: number; host: string }) {
  return (error: NodeJS.ErrnoException): never => {
    switch (error.code) {
      case 'EADDRINUSE':
        throw new Error(`Port ${port} is taken. Is another gateway running? Stop it, or set PORT.`);
      case 'EACCES':
        throw new Error(`This user may not listen on port ${port}. Set PORT to 1024 or more, with a proxy before it.`);
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        throw new Error(
          `HOST is ${host}, which is not an address of this machine. Set HOST to 127.0.0.1 (this machine only) or 0.0.0.0 (every network).`,
        );
      default:
        throw error;
    }
  };
}

function opened(sockets: readonly SocketServer[]): OpenPort {
  const [first] = sockets as [SocketServer];
  return {
    port: portOf(first),
    close: async () => {
      await Promise.all(sockets.map(closed));
    },
  };
}

function portOf(socket: SocketServer): number {
  return (socket.address() as AddressInfo).port;
}

function listening<S extends SocketServer>(socket: S, options: ListenOptions): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.listen(options, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function closed(socket: SocketServer): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}
