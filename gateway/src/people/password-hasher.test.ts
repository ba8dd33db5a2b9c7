import { expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.ts';

const hasher = new PasswordHasher();

it('a password matches its own hash only, whose parameters are stored beside it', async () => {
  const stored = await hasher.hash('correct horse battery');
  expect(stored).toMatchObject({ parameters: { memory: 19_456, passes: 2, parallelism: 1 } });
  expect(await hasher.matches('correct horse battery', stored)).toBe(true);
  expect(await hasher.matches('correct horse Battery', stored)).toBe(false);
  expect(await hasher.matches('correct horse battery', undefined)).toBe(false);
  expect(hasher.isOutdated(stored)).toBe(false);
});

it('a hash of older parameters still matches, and is known as outdated', async () => {
  const stored = await hasher.hash('correct horse battery');
  const older = { ...stored, parameters: { ...stored.parameters, passes: 1 } };
  expect(hasher.isOutdated(older)).toBe(true);
  expect(await hasher.matches('correct horse battery', older)).toBe(false);
});

it('two spellings of one character are one password', async () => {
  const stored = await hasher.hash('ångström units');
  expect(await hasher.matches('a\u030angstro\u0308m units', stored)).toBe(true);
});

it('a crowd waits for its turn, and one that is too large is refused', async () => {
  const small = new PasswordHasher({ waitingMax: 3 });
  const answers = await Promise.allSettled(Array.from({ length: 13 }, () => small.matches('x', undefined)));
  const refused = answers.filter(({ status }) => status === 'rejected');
  // One or two are computed, by the number of cores; three wait.
  expect([8, 9]).toContain(refused.length);
  expect(refused[0]).toMatchObject({ reason: { code: 'service_unavailable' } });
});
