import { expect, it } from 'vitest';
import { hashToken, newToken } from './secret-token.ts';

it('a token has 256 random bits, and only its hash is stored', () => {
  const [one, two] = [newToken(), newToken()];
  expect(one).not.toBe(two);
  expect(Buffer.from(one, 'base64url')).toHaveLength(32);
  expect(hashToken(one)).toHaveLength(32);
  expect(hashToken(one)?.toString('base64url')).not.toBe(one);
});

it('a text that cannot be a token is not looked up', () => {
  for (const text of ['', 'a', `${newToken()}a`, newToken().slice(1), `${newToken().slice(1)}=`, ' '.repeat(43)])
    expect(hashToken(text)).toBeUndefined();
});
