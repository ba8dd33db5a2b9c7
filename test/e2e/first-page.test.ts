import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

it('the address that a start prints opens in a browser, and the command on its page works', async () => {
  const answer = await fetch(`${gateway.url}/`, { headers: browser });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await answer.text();
  const [, url = '', body = ''] = /curl (\S+) .*-d '(.*)'/.exec(page) ?? [];
  expect(url).toBe(`${gateway.url}/v1/chat/completions`);
  const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
  const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
  expect(links).toEqual(['/docs', '/status', '/openapi.json']);
  for (const link of links) expect((await fetch(`${gateway.url}${link}`)).status).toBe(200);
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
