import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { chat, hello, json } from '../support/ask.ts';
import { chromiumPath, leftOutWithoutChromium, settled } from '../support/open-dashboard.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const host = 'ai.agency.example';
const operatorKey = `gw_operator_${'d'.repeat(40)}`;
/** One pixel. */
const logo =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/n4EIwDiqkL4KAcT9GO0U4BxoAAAAAElFTkSuQmCC';

describe.skipIf(chromiumPath === undefined)(`the host name of an agency in a browser${leftOutWithoutChromium}`, () => {
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    await buildDashboard();
    gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey });
    // The browser finds the name on this machine, as DNS would lead it to the gateway.
    const args = ['--no-sandbox', `--host-resolver-rules=MAP ${host} 127.0.0.1`];
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args });
    const domain = await json<{ id: string }>(gateway.post('/v1/domains', { domain: 'agency.example' }), 201);
    const asOperator = { authorization: `Bearer ${operatorKey}` };
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, asOperator));
    const branding = { host, logo, name: 'North Agency', accent: '#1a56db' };
    await json(gateway.send('PATCH', '/v1/workspace', { branding }));
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme Inc.' }));
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 13_000 } });
    await json(gateway.post(chat, hello({ max_tokens: 13_000 }), { 'x-client-id': 'acme' }));
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it('shows the portal and the invoice with the agency’s logo, colour and name, and asks no other host', async () => {
    const link = await json<{ url: string }>(gateway.post('/v1/clients/acme/links', { name: 'Jane' }), 201);
    const invoice = await json<{ url: string }>(
      gateway.post('/v1/invoices', { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() }),
      201,
    );
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked = new Set<string>();
    const faults: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith('http')) asked.add(new URL(request.url()).hostname);
    });
    page.on('console', (message) => {
      // Chromium takes this header from https alone, which a proxy in front speaks.
      const isOfHttps = message.text().startsWith('The Cross-Origin-Opener-Policy header has been ignored');
      if (message.type() === 'error' && !isOfHttps) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));

    await page.goto(link.url);
    await page.getByRole('heading', { level: 1, name: /Acme Inc\./ }).waitFor();
    await settled(page);
    expect(new URL(page.url()).hostname).toBe(host);
    expect(await page.title()).toBe('Acme Inc. · Portal of North Agency');
    expect(await page.getByRole('img', { name: 'North Agency' }).getAttribute('src')).toBe(logo);
    expect(await page.evaluate(`document.documentElement.style.getPropertyValue('--accent')`)).toContain('#1a56db');
    expect(await page.content()).not.toContain('AI Gateway');
    const [cookie, ...others] = await context.cookies();
    expect(cookie).toMatchObject({ domain: host, path: '/portal', httpOnly: true });
    expect(others).toEqual([]);

    const file = page.getByRole('region', { name: 'Invoices' }).getByRole('link').first();
    expect(new URL((await file.getAttribute('href')) ?? '', page.url()).hostname).toBe(host);
    await page.goto(invoice.url);
    expect(new URL(page.url()).hostname).toBe(host);
    expect(await page.getByRole('img', { name: 'North Agency' }).getAttribute('src')).toBe(logo);
    expect(await page.content()).not.toContain('AI Gateway');
    expect([[...asked], faults]).toEqual([[host], []]);
    await context.close();
  }, 60_000);

  it('signs nobody in: the dashboard, and passkeys with it, are at the gateway’s own address', async () => {
    const page = await browser.newPage();
    const { port } = new URL(gateway.url);
    await page.goto(`http://${host}:${port}/app/clients`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(new URL(page.url()).origin).toBe(gateway.url);
    await page.goto(`http://${host}:${port}/`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/portal');
    expect(await page.content()).not.toContain('AI Gateway');
    await page.context().close();
  });
});
