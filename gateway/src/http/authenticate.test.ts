import { expect, test } from 'vitest';
import type { Db } from '../db/transaction.ts';
import { Authenticator } from './authenticate.ts';

const row = {
  workspace_id: 'ws_1',
  workspace_name: 'Agency',
  role: 'caller',
  livemode: true,
  tags: {},
  locked_tags: [],
};
const headersOf = (n: number) => ({ authorization: `Bearer gw_live_${String(n).padStart(20, '0')}` });

/** Every key is valid; look-ups are counted, and the keys whose use is noted. */
function authenticatorOf(now: () => number): {
  authenticator: Authenticator;
  looked: () => number;
  noted: () => number;
} {
  let [looked, noted] = [0, 0];
  const query = async (text: string, values: readonly unknown[]): Promise<{ rows: unknown[] }> => {
    if (!text.includes('from api_keys where hash')) {
      noted += (JSON.parse(String(values[0])) as unknown[]).length;
      return { rows: [] };
    }
    looked += 1;
    return { rows: [{ ...row, id: `key ${(values[0] as Buffer).toString('hex')}` }] };
  };
  return {
    authenticator: new Authenticator({ db: { query } as unknown as Db, now }),
    looked: () => looked,
    noted: () => noted,
  };
}

// From 10,000 keys on everything was forgotten each time, with the last use of each.
test('an installation with more than ten thousand keys in use looks each of them up once a minute, and notes its use', async () => {
  const keys = 12_000;
  const { authenticator, looked, noted } = authenticatorOf(() => 1_000_000);
  for (let round = 0; round < 3; round++) for (let n = 0; n < keys; n++) await authenticator.authenticate(headersOf(n));
  expect(looked()).toBe(keys);
  await authenticator.noteUses();
  expect(noted()).toBe(keys);
});

test('a key is looked up after a minute, also where the clock was set back', async () => {
  let nowMs = 1_000_000_000;
  const { authenticator, looked } = authenticatorOf(() => nowMs);
  await authenticator.authenticate(headersOf(1));
  await authenticator.authenticate(headersOf(1));
  expect(looked()).toBe(1);
  nowMs += 60_000;
  await authenticator.authenticate(headersOf(1));
  expect(looked()).toBe(2);
  nowMs -= 3_600_000;
  await authenticator.authenticate(headersOf(1));
  expect(looked()).toBe(3);
});
