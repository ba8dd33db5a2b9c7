import { expect, it } from 'vitest';
import { dnsServer } from './dns-server.ts';

it.each([
  ['1.1.1.1:53', '1.1.1.1:53'],
  ['localhost:5353', '127.0.0.1:5353'],
  ['[2606:4700::1111]:53', '[2606:4700::1111]:53'],
  ['dns.example.com:53', undefined],
  ['1.1.1.1:port', undefined],
])('the DNS server %s is read as %s', (text, server) => {
  expect(dnsServer.safeParse(text).data).toBe(server);
});
