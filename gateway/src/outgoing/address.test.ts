import { describe, expect, test } from 'vitest';
import { isPublicAddress, urlFault } from './address.ts';

describe('an address is public', () => {
  test.each(['93.184.216.34', '2606:2800:220:1::1', '::ffff:93.184.216.34'])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
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
  ])('%s', (url) => {
    expect(urlFault(new URL(url), false)).toMatch(/private, loopback or link-local/);
    expect(urlFault(new URL(url), true)).toBeUndefined();
  });
});

test('a public name may end in a dot', () => {
  expect(urlFault(new URL('https://example.com./hook'), false)).toBeUndefined();
});
