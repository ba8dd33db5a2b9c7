import { expect, test } from 'vitest';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts';

test('ten recovery codes are drawn, each another', () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
});

test('a recovery code is the same however it is typed, and another person’s is not', () => {
  const hash = hashRecoveryCode('per_1', '01ab-cdef-ghjk-mnpq');
  expect(hashRecoveryCode('per_1', ' OIAB cdef-GHJKMNPQ')).toEqual(hash);
  expect(hashRecoveryCode('per_2', '01ab-cdef-ghjk-mnpq')).not.toEqual(hash);
  expect(hashRecoveryCode('per_1', '01ab-cdef-ghjk-mnpr')).not.toEqual(hash);
});
