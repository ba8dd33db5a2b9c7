import { expect, it } from 'vitest';
import { readClaims } from './claims.ts';
import type { SsoProvider } from './sso-connection.ts';

const tenant = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
const read = (provider: SsoProvider, issuer: string, claims: object) =>
  readClaims(
    { sub: 'subject', email: 'ada@acme.com', ...claims },
    { name: 'Acme', provider, issuer, domains: ['acme.com'], groupRoles: [] },
  );

it.each([
  [`https://login.microsoftonline.com/${tenant}/v2.0`, { tid: tenant }],
  ['https://accounts.google.com', { hd: 'acme.com' }],
  ['https://acme.okta.com', {}],
])('an identity of %s is read by a connection of any provider', (issuer, claims) => {
  expect(read('other', issuer, claims).email).toBe('ada@acme.com');
});

// Each of these names any address it likes.
it.each([
  [
    `https://login.microsoftonline.com/${tenant}/v2.0`,
    { tid: 'b2b2b2b2-0000-4000-8000-000000000000' },
    'another tenant',
  ],
  [`https://sts.windows.net/${tenant}/`, { tid: 'b2b2b2b2-0000-4000-8000-000000000000' }, 'another tenant'],
  ['https://login.microsoftonline.com/common/v2.0', { tid: tenant }, 'every tenant'],
  ['https://login.windows.net/organizations', { tid: tenant }, 'every tenant'],
  ['https://accounts.google.com', {}, 'no Google Workspace'],
  ['https://accounts.google.com', { hd: 'evil.example' }, 'evil.example'],
])('an identity of %s with %j is refused, whatever provider the connection names', (issuer, claims, why) => {
  for (const provider of ['okta', 'other'] as const) expect(() => read(provider, issuer, claims)).toThrow(why);
});
