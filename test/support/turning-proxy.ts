import { connect, createServer, type Socket } from 'node:net';

/** A proxy before databases that knows nothing of their roles: it leads each new connection where it is told to. */
export interface TurningProxy {
  port: number;
  /** New connections go to these ports in turn. */
  leadTo(...ports: readonly number[]): void;
  /** Cuts all connections. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startTurningProxy(...first: readonly number[]): Promise<TurningProxy> {
  let ports = first;
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const there = connect(ports[turn++ % ports.length] ?? 0, '127.0.0.1');
    for (const [one, other] of [
      [socket, there],
      [there, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    leadTo: (...next) => {
      ports = next;
    },
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
