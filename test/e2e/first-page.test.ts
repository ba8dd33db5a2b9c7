import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  await buildDashboard();
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

it('the address that a start prints leads a browser to the dashboard, at any path below /app it is opened', async () => {
  const answer = await fetch(`${gateway.url}/`, { headers: browser, redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/app']);
  const pages = await Promise.all(
    ['/app', '/app/', '/app/clients/acme%2Fnorth', '/app/sign-in', '/auth/link'].map((path) =>
      fetch(`${gateway.url}${path}`, { headers: { cookie: 'gw_session=a' } }),
    ),
  );
  for (const page of pages) {
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    );
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  }
  const text = (await pages[0]?.text()) ?? '';
  const files = [...text.matchAll(/(?:src|href)="(\/app\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const file of files) {
    const got = await fetch(`${gateway.url}${file}`);
    expect([file, got.status, got.headers.get('cache-control')]).toEqual([
      file,
      200,
      'public, max-age=31536000, immutable',
    ]);
    expect((await got.arrayBuffer()).byteLength).toBeGreaterThan(0);
  }
  const signedOut = await fetch(`${gateway.url}/app/calls?status=failed`, { redirect: 'manual' });
  expect([signedOut.status, signedOut.headers.get('location')]).toEqual([
    302,
    '/app/sign-in?to=%2Fapp%2Fcalls%3Fstatus%3Dfailed',
  ]);
  for (const missing of ['/app/assets/index-old.js', '/app/assets/..%2Findex.html'])
    expect([missing, (await fetch(`${gateway.url}${missing}`)).status]).toEqual([missing, 404]);
});

it('a program gets JSON with the gateway’s addresses there', async () => {
  for (const headers of [{}, { accept: 'application/json' }, { accept: '*/*' }]) {
    const answer = await fetch(`${gateway.url}/`, { headers });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      name: 'AI Gateway',
      base_url: `${gateway.url}/v1`,
      docs: `${gateway.url}/docs`,
      openapi: `${gateway.url}/openapi.json`,
      status: `${gateway.url}/status`,
    });
  }
  expect((await fetch(`${gateway.url}/`, { method: 'POST' })).status).toBe(404);
});
