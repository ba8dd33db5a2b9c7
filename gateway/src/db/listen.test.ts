import { connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { listen } from './listen.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A network before the database, which can swallow what is under way without a word. */
async function startNetwork(): Promise<{ connection: object; swallow(): void; stop(): void }> {
  const { host, port, user, password, database: name } = new pg.Client({ connectionString: database.url });
  const sockets: { near: Socket; far: Socket }[] = [];
  const server = createServer((near) => {
    const far = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    sockets.push({ near, far });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    connection: {
      host: '127.0.0.1',
      port: typeof address === 'object' ? address?.port : undefined,
      database: name,
      user,
      password,
    },
    swallow: () => {
      for (const { near, far } of sockets.splice(0)) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
      }
    },
    stop: () => {
      server.close();
      for (const { near } of sockets) near.destroy();
    },
  };
}

it('a connection the network has dropped without a word is noticed, and another one hears on', async () => {
  const network = await startNetwork();
  const heard: string[] = [];
  let gaps = 0;
  const listener = await listen(network.connection, {
    channels: ['news'],
    onNotification: (_channel, payload) => void heard.push(payload),
    onGap: () => {
      gaps += 1;
    },
    beatMs: 100,
  });
  const tell = (what: string) => database.pool.query('select pg_notify($1, $2)', ['news', what]);
  await tell('before');
  await expect.poll(() => heard).toEqual(['before']);
  network.swallow();
  await tell('missed');
  // Forget what you know when it is lost, and again when the next one stands: between them news were missed.
  await expect.poll(() => gaps, { timeout: 15_000 }).toBe(2);
  await tell('after');
  await expect.poll(() => heard).toEqual(['before', 'after']);
  await listener.close();
  network.stop();
}, 30_000);
