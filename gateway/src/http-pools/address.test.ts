import { describe, expect, test } from 'vitest';
import { isPublicAddress, urlFault } from './address.ts';

describe('an address is public', () => {
  test.each(['93.184.216.34', '2606:2800:220:1::1', '::ffff:93.184.216.34', '168.63.129.15', '3ffe::1'])(
    '%s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('an address is not public', () => {
  test.each([
    '127.0.0.1',
    '10.0.0.7',
    '169.254.169.254',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    // IPv4-compatible: an old way to write 127.0.0.1, 10.0.0.7 and any other IPv4 address, which no public host has today.
    '::7f00:1',
    '::127.0.0.1',
    '::a00:7',
    '::5db8:d822',
    // Where clouds tell a machine its secrets: AWS, Azure, Alibaba, Oracle, Google.
    'fd00:ec2::254',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    'fd20:ce::254',
    // Addresses that belong to no host, or to all.
    '0.1.2.3',
    '100.64.0.1',
    '192.0.0.1',
    '198.19.255.255',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    'ff02::1',
    // An IPv4 address in another dress: NAT64, 6to4, Teredo, IPv4-translated.
    '64:ff9b:1::a00:1',
    '64:ff9b:1:abcd::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '::ffff:0:10.0.0.1',
    // Given to nobody yet: whatever answers there is no public host.
    '64:ff9b:2::a00:1',
    '100:0:0:1::1',
    '4000::1',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a URL may not be called', () => {
  test.each([
    'http://[::7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://localhost./',
    'http://localhost../',
    'http://LocalHost.../',
    'http://127.0.0.1../',
    'http://metadata.google.internal../',
    'http://168.63.129.16/machine?comp=goalstate',
    'http://2822734096/',
    'http://[::ffff:a83f:8110]/',
  ])('%s', (url) => {
    expect(urlFault(new URL(url), false)).toMatch(/private, loopback, link-local or metadata/);
    expect(urlFault(new URL(url), true)).toBeUndefined();
  });
});

test('a public name may end in a dot', () => {
  expect(urlFault(new URL('https://example.com./hook'), false)).toBeUndefined();
});
