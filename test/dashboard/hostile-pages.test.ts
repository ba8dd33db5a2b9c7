import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { chat, hello, json } from '../support/ask.ts';
import { chromiumPath, leftOutWithoutChromium } from '../support/open-dashboard.ts';
import { firstPerson, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Pages of others in the browser of a person who is signed in: at another port of the same host, which gets the same cookies, and at another host. */

describe.skipIf(chromiumPath === undefined)(`pages of others${leftOutWithoutChromium}`, () => {
  let gateway: TestGateway;
  let ada: Person;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  /** As people open it: `http://localhost:PORT`. */
  let dashboard: string;
  let otherPort: number;
  /** The path of an invoice's page, which everybody who has it may open. */
  let invoice: string;

  beforeAll(async () => {
    await buildDashboard();
    gateway = await startTestGateway();
    ada = await firstPerson(gateway);
    dashboard = gateway.url.replace('127.0.0.1', 'localhost');
    await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
    const period = { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() };
    const { url } = await json<{ url: string }>(gateway.post('/v1/invoices', period), 201);
    invoice = new URL(url).pathname;
    server = createServer((_req, res) => {
      res.setHeader('content-type', 'text/html');
      res.end('<!doctype html><link rel="icon" href="data:,"><title>Others</title><p>Win a prize</p>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    otherPort = (server.address() as AddressInfo).port;
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    });
    context = await browser.newContext();
    context.setDefaultTimeout(20_000);
    const [name = '', value = ''] = ada.cookie().split('=');
    await context.addCookies([{ name, value, url: dashboard, httpOnly: true, sameSite: 'Lax' }]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await gateway?.stop();
  });

  const others = [
    ['another port of the same host', 'localhost'],
    ['another host', 'evil.example'],
  ] as const;

  const forged = [
    ['/v1/budgets', { name: 'forged', limit_usd: 1, scope: {} }],
    ['/v1/keys', { name: 'forged' }],
    ['/v1/stop', { reason: 'forged' }],
    ['/auth/sign-out', {}],
  ] as const;

  async function openOthers(host: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`http://${host}:${otherPort}/`);
    return page;
  }

  it.each(others)('at %s change nothing, by a script or by a form', async (_where, host) => {
    const page = await openOthers(host);
    const sent: Promise<[path: string, hasCookie: boolean]>[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'POST' || !request.isNavigationRequest()) return;
      const { pathname } = new URL(request.url());
      sent.push(request.allHeaders().then(({ cookie }) => [pathname, cookie !== undefined]));
    });
    for (const [path, body] of forged) {
      const url = `${dashboard}${path}`;
      const text = JSON.stringify(JSON.stringify(body));
      // The request is sent at once, and its answer cannot be read.
      await page.evaluate(
        `fetch('${url}', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body: ${text} }).catch(() => {})`,
      );
      // With the dashboard's header the browser asks first, and gets no leave.
      const asked = `fetch('${url}', { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json', 'x-gateway-app': '1' }, body: ${text} })`;
      await expect(page.evaluate(asked)).rejects.toThrow('Failed to fetch');
      // A form whose one field reads as JSON.
      const answer = page.waitForResponse(
        (response) => response.url() === url && response.request().isNavigationRequest(),
      );
      await page.evaluate(`(() => {
        const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', action: '${url}' });
        form.append(Object.assign(document.createElement('input'), { name: '{"reason":"forged","x":"', value: '"}' }));
        document.body.append(form);
        form.submit();
      })()`);
      expect([path, [401, 403, 415].includes((await answer).status())]).toEqual([path, true]);
      await page.waitForURL(url);
      await page.goto(`http://${host}:${otherPort}/`);
    }
    // The cookie comes along from the other port: the gateway alone refuses.
    expect(await Promise.all(sent)).toEqual(forged.map(([path]) => [path, host === 'localhost']));
    for (const path of ['/v1/budgets', '/v1/keys', '/v1/stop'])
      expect([path, await (await ada.get(path)).text()]).toEqual([path, expect.not.stringContaining('forged')]);
    expect(await json(ada.get('/v1/session'))).toMatchObject({ role: 'owner' });
    await page.close();
  });

  it.each(others)('at %s read nothing of a session', async (_where, host) => {
    const page = await openOthers(host);
    for (const path of ['/v1/session', '/v1/keys', '/v1/budgets', '/v1/live', '/portal/api/overview'])
      await expect(
        page.evaluate(`fetch('${dashboard}${path}', { credentials: 'include' }).then((answer) => answer.text())`),
      ).rejects.toThrow('Failed to fetch');
    await page.close();
  });

  it.each(others)('at %s put no page of the gateway into a frame', async (_where, host) => {
    const page = await openOthers(host);
    const framed = [
      ...['/app', '/app/keys', '/auth/link', '/auth/sso/nobody', '/portal', '/status', '/status/history', '/docs'],
      ...['/v1/scenarios/42/resume', '/webhooks/confirm/x', invoice],
    ].map((path) => `${dashboard}${path}`);
    const own = `http://${host}:${otherPort}/own`;
    await page.evaluate(`for (const src of ${JSON.stringify([...framed, own])})
      document.body.append(Object.assign(document.createElement('iframe'), { src }))`);
    // In the place of a page that is for no frame, Chromium shows one of its own.
    const refused = framed.map(() => 'chrome-error://chromewebdata/');
    await expect
      .poll(() =>
        page
          .frames()
          .slice(1)
          .map((frame) => frame.url())
          .sort(),
      )
      .toEqual([...refused, own]);
    await page.close();
  });

  it('at a name that leads here get nothing: the gateway knows its hosts', async () => {
    const page = await context.newPage();
    for (const path of ['/app', '/app/keys', '/auth/link', '/portal']) {
      const answer = await page.goto(`${dashboard.replace('localhost', 'evil.example')}${path}`);
      expect([path, answer?.status()]).toEqual([path, 421]);
      expect(await page.locator('body').textContent()).not.toContain('Sign in');
    }
    await page.close();
  });
});
