import { expect, it } from 'vitest';
import { domainOf, roleOfGroups } from './sso-connection.ts';

const map = [
  { group: 'Readers', role: 'viewer' },
  { group: 'Admins', role: 'owner' },
  { group: '7b2c9f3e-0000-4000-8000-000000000001', role: 'member' },
] as const;

it.each([
  [['Readers', 'Admins'], 'owner'],
  [['readers ', '7B2C9F3E-0000-4000-8000-000000000001'], 'member'],
  [['Readers'], 'viewer'],
  [['Everyone'], undefined],
  [[], undefined],
])('the strongest role of the groups %j is %s', (groups, role) => {
  expect(roleOfGroups(map, groups)).toBe(role);
});

it.each([
  ['alice@acme.com', 'acme.com'],
  ['"a@evil.com"@ACME.com', 'acme.com'],
  ['alice@acme.com@evil.com', 'evil.com'],
])('the domain of %s is %s', (email, domain) => {
  expect(domainOf(email)).toBe(domain);
});
