import { connect, createServer, type Socket } from 'node:net';
import pg from 'pg';

interface Network {
  /** Leads through it to the database. */
  connection: pg.ClientConfig;
  /** Drops what is under way without a word; new connections pass. */
  swallow(): void;
  /** Until it thaws, what is under way and new connections are taken, and nothing answers: a machine that hangs. */
  freeze(): void;
  thaw(): void;
  /** Ends what is under way. */
  reset(): void;
  stop(): void;
}

/** A network before a database that can swallow what is under way, or hang. */
export async function startNetwork(url: string): Promise<Network> {
  const { host, port, user, password, database: name } = new pg.Client({ connectionString: url });
  let isFrozen = false;
  const sockets: { near: Socket; far: Socket }[] = [];
  const server = createServer((near) => {
    const far = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    for (const socket of [near, far]) socket.on('error', () => {});
    if (!isFrozen) near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    sockets.push({ near, far });
  });
  const swallow = (): void => {
    for (const { near, far } of sockets.splice(0)) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    connection: {
      host: '127.0.0.1',
      port: typeof address === 'object' && address !== null ? address.port : 0,
      database: name,
      user,
      password,
    },
    swallow,
    freeze: () => {
      isFrozen = true;
      swallow();
    },
    thaw: () => {
      isFrozen = false;
    },
    reset: () => {
      for (const { near } of sockets.splice(0)) near.destroy();
    },
    stop: () => {
      server.close();
      for (const { near } of sockets) near.destroy();
    },
  };
}
