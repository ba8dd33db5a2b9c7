import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { connectionTo, urlFault } from './database-url.ts';

it.each([
  'postgres://u:p@localhost:5432/db',
  'postgresql://u@localhost/db?sslmode=require',
  'postgres://postgres:secret@/postgres?host=%2Ftmp%2Fsockets&port=5433',
  'postgres://u:p%40ss%3Aw%2Frd%23%25@host/db',
  'postgres://u:p@[::1]:5432/db?sslmode=verify-ca&sslrootcert=/etc/ca.crt',
  'postgres://u:100%@host/db',
])('is taken: %s', (url) => {
  expect(urlFault(url)).toBe(undefined);
});

it.each([
  ['mysql://u@host/db', /must begin with postgres:/],
  ['postgres://u:p@a:5432,b:5432/db?target_session_attrs=read-write', /names several hosts.*haproxy/],
  ['postgres://u:p@a,b/db', /names several hosts/],
  ['postgres:///db?host=a,b', /names several hosts/],
  ['postgres://u:p@ss:w/rd#%&?é x@host:5432/db', /is not a URL.*@ %40/],
  ['postgres://u:pa/ss@host/db', /is not a URL/],
  ['postgres://u:12#ss@host/db', /is not a URL/],
  ['postgres://u:p%ff@host/db', /is not a URL/],
  ['postgres://u:p@host/db?sslmode=on', /unknown sslmode.*verify-full/],
  ['postgres://u:p@host/db?sslmode=verify-ca', /needs the certificate of your CA/],
])('is refused in a sentence without its password: %s', (url, says) => {
  const fault = urlFault(url) ?? '';
  expect(fault).toMatch(says);
  expect(fault).not.toContain(url);
  expect(fault).not.toContain('w/rd');
});

it.each([
  ['?sslmode=require', { rejectUnauthorized: false }],
  ['?sslmode=allow', { rejectUnauthorized: false }],
  ['?sslmode=no-verify', { rejectUnauthorized: false }],
  ['?sslmode=verify-full', {}],
  ['?sslrootcert=system&sslmode=verify-full', {}],
  ['?sslmode=disable', false],
  ['', false],
])('sslmode is as libpq has it: %s', (more, ssl) => {
  const client = new pg.Client(connectionTo(`postgres://u:p@localhost/db${more}`));
  const { ssl: used } = client as unknown as { ssl: unknown };
  expect(used).toEqual(ssl);
});

// A certificate is renewed every few weeks, and a gateway runs for months.
it('the files of certificates are read again for each connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'database-url-'));
  const ca = join(folder, 'ca.crt');
  try {
    const connection = connectionTo(`postgres://user@db.example/gateway?sslmode=verify-full&sslrootcert=${ca}`);
    const read = ['of November', 'of December'].map((text) => {
      writeFileSync(ca, text);
      return (new pg.Client(connection) as unknown as { ssl: { ca: string } }).ssl.ca;
    });
    expect(read).toEqual(['of November', 'of December']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
