import { expect, it } from 'vitest';
import { openDatabase } from './open-database.ts';

it.each([
  ['postgres://gateway:hunter2@127.0.0.1:1/gateway', 'nothing listens at its host and port'],
  ['postgres://gateway:hunter2@no-such-host.invalid:5432/gateway', 'its host name was not found'],
])('a database that cannot be reached is told by the variable that says where it is: %s', async (databaseUrl, why) => {
  const error = await openDatabase({ databaseUrl, dataDir: '/nowhere' }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(String(error)).toBe(`Error: DATABASE_URL: the database cannot be reached: ${why}.`);
  expect(String(error)).not.toContain('hunter2');
});
