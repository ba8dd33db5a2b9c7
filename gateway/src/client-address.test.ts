import { describe, expect, it } from 'vitest';
import { clientAddress, forwardedAddress, plainAddress, readProxies } from './client-address.ts';

const { proxies } = readProxies('127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48');

/** The client of a request that came from `peer` with these headers. */
const client = (peer: string | undefined, forwardedFor?: string | string[]) =>
  forwardedAddress(peer, forwardedFor, proxies);

describe('the address of a client', () => {
  it('is the peer of the connection where no proxy is trusted, whatever the headers say', () => {
    const socket = { remoteAddress: '127.0.0.1' };
    const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' };
    expect(clientAddress({ headers, socket }, undefined)).toBe('127.0.0.1');
    expect(clientAddress({ headers, socket: { remoteAddress: '198.51.100.1' } }, proxies)).toBe('198.51.100.1');
  });

  it('is what a trusted proxy says it is', () => {
    expect(client('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
    expect(client('::ffff:127.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
    expect(client('2001:db8:1::7', '2001:DB8:2:0:0::9')).toBe('2001:db8:2::9');
    expect(client('127.0.0.1')).toBe('127.0.0.1');
  });

  it('does not believe `Forwarded` and `X-Real-IP`, also of a trusted proxy', () => {
    const headers = { forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9', 'x-client-ip': '203.0.113.9' };
    expect(clientAddress({ headers, socket: { remoteAddress: '127.0.0.1' } }, proxies)).toBe('127.0.0.1');
  });

  it('is the right-most address that is no trusted proxy, over several hops', () => {
    expect(client('127.0.0.1', '203.0.113.9, 10.1.1.1, 10.2.2.2')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '203.0.113.9,198.51.100.4,10.2.2.2')).toBe('198.51.100.4');
  });

  it('cannot be chosen by a client that sends the header itself', () => {
    expect(client('10.0.0.1', '6.6.6.6, 127.0.0.1, 203.0.113.9')).toBe('203.0.113.9');
    expect(client('10.0.0.1', '10.0.0.1, 10.0.0.1, 203.0.113.9, 10.3.3.3')).toBe('203.0.113.9');
  });

  it('reads several headers as one list', () => {
    expect(client('10.0.0.1', ['6.6.6.6', '203.0.113.9, 10.1.1.1', '10.2.2.2'])).toBe('203.0.113.9');
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.2.2.2' };
    expect(clientAddress({ headers, socket: { remoteAddress: '10.0.0.1' } }, proxies)).toBe('203.0.113.9');
  });

  it('has no port, no brackets and no zone', () => {
    expect(client('127.0.0.1', '203.0.113.9:51234')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '203.0.113.9, 10.1.1.1:443')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '[2001:db8:2::9]:51234')).toBe('2001:db8:2::9');
    expect(client('127.0.0.1', '[2001:db8:2::9]')).toBe('2001:db8:2::9');
    expect(client('fe80::1%eth0')).toBe('fe80::1');
  });

  it('has one spelling, IPv4 also where IPv6 wraps it', () => {
    expect(client('127.0.0.1', '::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '203.0.113.9, ::ffff:10.1.1.1')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '::FFFF:cb00:7109')).toBe('203.0.113.9');
    expect(plainAddress('2001:0DB8:0000::0001')).toBe('2001:db8::1');
  });

  it('is that of the hop which wrote garbage, not what is to the left of it', () => {
    for (const garbage of [
      'unknown',
      'unix:',
      'garbage',
      '1.2.3',
      '0x7f.1',
      '010.0.0.1',
      '999.1.1.1',
      '[::1',
      '1.2.3.4:x',
    ])
      expect([garbage, client('127.0.0.1', `6.6.6.6, ${garbage}`)]).toEqual([garbage, '127.0.0.1']);
    expect(client('127.0.0.1', '6.6.6.6, unknown, 10.1.1.1')).toBe('10.1.1.1');
    expect(client('127.0.0.1', ' , 203.0.113.9 , ,')).toBe('203.0.113.9');
    expect(client('127.0.0.1', '')).toBe('127.0.0.1');
  });

  it('is the first hop where every hop is trusted', () => {
    expect(client('127.0.0.1', '10.9.9.9, 10.1.1.1')).toBe('10.9.9.9');
  });

  it('is unknown once the connection is gone', () => {
    expect(client(undefined, '203.0.113.9')).toBeUndefined();
  });
});

describe('TRUST_PROXY', () => {
  const trusts = (list: string, address: string) => readProxies(list).proxies.has(address);

  it('takes addresses and CIDRs of both kinds', () => {
    expect(trusts('192.0.2.1', '192.0.2.1')).toBe(true);
    expect(trusts('192.0.2.1', '192.0.2.2')).toBe(false);
    expect(trusts('172.16.0.0/12', '172.31.255.255')).toBe(true);
    expect(trusts('172.16.0.0/12', '172.32.0.0')).toBe(false);
    expect(trusts('10.1.2.3/8', '10.200.0.1')).toBe(true);
    expect(trusts('fd00::/8', 'fd12::1')).toBe(true);
    expect(trusts('fd00::/8', 'fe80::1')).toBe(false);
    expect(trusts('::1', '::1')).toBe(true);
    expect(trusts('::ffff:10.0.0.0/104', '10.7.7.7')).toBe(true);
    expect(trusts('::ffff:10.0.0.1', '10.0.0.1')).toBe(true);
    expect(trusts('0.0.0.0/0,::/0', '203.0.113.9')).toBe(true);
    expect(trusts('0.0.0.0/0', '2001:db8::1')).toBe(false);
  });

  it('names the entries that are neither', () => {
    const bad = [
      'localhost',
      'true',
      '*',
      '10.0.0.0/33',
      '::/129',
      '10.0.0',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '/8',
      '::ffff:10.0.0.0/8',
    ];
    expect(readProxies(`10.0.0.1, ${bad.join(', ')},`).faults).toEqual(bad);
    expect(readProxies(' 10.0.0.1 ,, ::1, ').faults).toEqual([]);
  });
});
