import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { startNetwork } from '../../../test/support/network.ts';
import { listen } from './listen.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('a connection the network has dropped without a word is noticed, and another one hears on', async () => {
  const network = await startNetwork(database.url);
  const received: string[] = [];
  let gaps = 0;
  const listener = await listen(network.connection, {
    channels: ['news'],
    onNotification: (_channel, payload) => void received.push(payload),
    onGap: () => {
      gaps += 1;
    },
    beatMs: 100,
  });
  const tell = (what: string) => database.pool.query('select pg_notify($1, $2)', ['news', what]);
  await tell('before');
  await expect.poll(() => received).toEqual(['before']);
  network.swallow();
  await tell('missed');
  // Caches are dropped when the connection is lost, and again when the next one is ready: changes in between were missed.
  await expect.poll(() => gaps, { timeout: 15_000 }).toBe(2);
  await tell('after');
  await expect.poll(() => received).toEqual(['before', 'after']);
  await listener.close();
  network.stop();
}, 30_000);
