import { expect, test } from 'vitest';
import { relyingParty } from './relying-party.ts';

test.each([
  ['https://gateway.example.com', 'gateway.example.com', 'https://gateway.example.com'],
  ['https://gateway.example.com:8443', 'gateway.example.com', 'https://gateway.example.com:8443'],
  ['http://127.0.0.1:8787', 'localhost', 'http://localhost:8787'],
  ['http://[::1]:8787', 'localhost', 'http://localhost:8787'],
  ['http://localhost', 'localhost', 'http://localhost'],
])('passkeys of %s belong to %s', (publicUrl, id, origin) => {
  expect(relyingParty(publicUrl)).toEqual({ id, origins: [origin] });
});

test.each(['http://gateway.example.com', 'http://192.168.1.5:8787', 'https://192.168.1.5', 'https://[2001:db8::1]'])(
  'a gateway at %s says that browsers offer no passkeys there',
  (publicUrl) => {
    expect(() => relyingParty(publicUrl)).toThrow('PUBLIC_URL');
  },
);
