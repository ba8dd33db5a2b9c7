import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { deskAndPhone, mouseOf } from '../support/mouse.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { browser, tokenOf } from '../support/person.ts';
import { testKey } from '../support/start-gateway.ts';

/** A name that would run a script, and turn the rest of a line round, if it were more than text. */
const odd = '<img src=x onerror=alert(1)> \u202eevil\u202c =cmd';

describe.skipIf(chromiumPath === undefined)(`the page of the portal${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  const nobody = { cookie: undefined };
  const newLink = (client: string, more: object = {}, headers?: Record<string, string>) =>
    json<{ id: string; url: string }>(
      dashboard.gateway.post(`/v1/clients/${encodeURIComponent(client)}/links`, { name: 'Jane', ...more }, headers),
      201,
    );
  const pathOf = ({ url }: { url: string }): string => `/portal${new URL(url).hash}`;
  const opened = async (page: Page): Promise<Page> => {
    await page.getByRole('heading', { level: 1, name: /Acme/ }).waitFor();
    await settled(page);
    return page;
  };

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    await json(
      gateway.send('PATCH', '/v1/workspace', {
        name: 'North Agency',
        timezone: 'Asia/Kathmandu',
        branding: { accent: '#ffcc00' },
        billing: { invoice_prefix: 'INV-####' },
      }),
    );
    await json(
      gateway.send('PUT', '/v1/clients/acme', {
        name: 'Acme Inc.',
        markup_percent: 25,
        currency: 'EUR',
        exchange_rate: 0.92,
      }),
    );
    await json(gateway.post('/v1/budgets', { name: 'Acme monthly', limit_usd: 5, scope: { client_id: 'acme' } }), 201);
    for (const client of ['acme', 'hostile']) {
      gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 13_000 } });
      const scenario = client === 'acme' ? 'newsletter' : odd.replaceAll('\u202e', '').replaceAll('\u202c', '');
      await json(
        gateway.post(chat, hello({ max_tokens: 13_000, metadata: { client_id: client, scenario_id: scenario } })),
      );
    }
    await json(
      gateway.post('/v1/invoices', { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() }),
      201,
    );
  });
  afterAll(() => dashboard.stop());

  it('opens by the link, whose token leaves the address bar, and shows what the client is billed', async () => {
    const page = await opened(await dashboard.open(pathOf(await newLink('acme')), nobody));
    expect(page.url()).toBe(`${dashboard.url}/portal`);
    expect(await page.title()).toBe('Acme Inc. · Portal of North Agency');
    // 1,000 tokens in and 13,000 out of gpt-4o are $0.1325: with 25 % at 0.92 they are €0.152375.
    const text = await page.getByRole('main').textContent();
    for (const shown of [
      '€0.152',
      '1,000',
      '13,000',
      'Acme monthly',
      '€0.152 of €5.75',
      'It resets monthly, next on 1 ',
      'newsletter',
      'INV-0001',
    ])
      expect(text).toContain(shown);
    expect(await page.getByRole('img').count()).toBe(0);
    for (const name of ['Usage', 'Budget', 'Scenarios', 'Invoices'])
      expect(await page.getByRole('region', { name, exact: true }).count()).toBe(1);
    // The bars have an axis of amounts, and the days are there for those who hear them too.
    const axis = page.getByRole('group', { name: 'Axis from €0.00 to €0.20' });
    expect(await axis.textContent()).toBe('€0.00€0.05€0.10€0.15€0.20');
    const day = page.getByRole('table', { name: 'Billed by day' }).getByRole('row').filter({ hasText: '€0.152' });
    expect(await day.getByRole('cell').allTextContents()).toEqual(['€0.152', '1', '14,000']);
    await page.reload();
    await opened(page);
    await page.context().close();
  });

  it('opens a link that is pasted over the address of a portal that asks for one', async () => {
    const page = await dashboard.open('/portal', nobody);
    await page.getByText('Open the portal by the link').waitFor();
    await page.goto(pathOf(await newLink('acme')));
    await opened(page);
    expect(page.url()).toBe(`${dashboard.url}/portal`);
    await page.context().close();
  });

  it('draws the axis of the days as wide as its amounts, and none for a month without a bill', async () => {
    const { gateway } = dashboard;
    await json(gateway.send('PUT', '/v1/clients/jakarta', { currency: 'IDR', exchange_rate: 1_000_000 }));
    await json(gateway.send('PUT', '/v1/clients/quiet', { name: 'Quiet' }));
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 13_000 } });
    await json(gateway.post(chat, hello({ max_tokens: 13_000, metadata: { client_id: 'jakarta' } })));
    const page = await dashboard.open(pathOf(await newLink('jakarta')), { ...nobody, width: 390 });
    const axis = page.getByRole('group', { name: /^Axis from/ });
    await axis
      .getByText(/\d{3},\d{3}/)
      .last()
      .waitFor();
    const last = await axis.locator('span').last().boundingBox();
    const box = await axis.boundingBox();
    expect(last?.x).toBeGreaterThanOrEqual((box?.x ?? 0) - 0.5);
    expect(last?.width).toBeLessThanOrEqual((box?.width ?? 0) + 0.5);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const quiet = await dashboard.open(pathOf(await newLink('quiet')), nobody);
    const figure = quiet.getByRole('figure').filter({ hasText: 'Nothing is billed in this month yet.' });
    await figure.locator('svg').waitFor();
    expect(await figure.locator('svg line').count()).toBe(1);
    const [bars, days] = [figure.locator('svg'), figure.locator('p span')];
    expect((await days.first().boundingBox())?.x).toBe((await bars.boundingBox())?.x);
    for (const open of [page, quiet]) await open.context().close();
  });

  it('loads at most 100 kB of scripts, gzipped, which neither name AI Gateway nor carry its API', () => {
    const built = new URL('../../gateway/dashboard/dist/', import.meta.url);
    const page = readFileSync(new URL('portal.html', built), 'utf8');
    const paths = [...page.matchAll(/"\/app\/(assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);
    const scripts = paths.map((path) => readFileSync(new URL(path, built), 'utf8'));
    const bytes = scripts.reduce((sum, script) => sum + gzipSync(script, { level: 9 }).length, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(100_000);
    const words = ['AI Gateway', '/v1/keys', '/v1/provider'];
    expect(words.filter((word) => scripts.some((script) => script.includes(word)))).toEqual([]);
  });

  it.each(deskAndPhone)('gives the client an invoice as a PDF in two clicks: %s', async (_where, _clicks, size) => {
    const page = await opened(await dashboard.open(pathOf(await newLink('acme')), { ...nobody, ...size }));
    const mouse = mouseOf(page);
    const file = page.waitForEvent('download');
    await mouse.click('link', 'Invoices');
    await mouse.click('link', 'INV-0001');
    expect(mouse.clicks()).toBe(2);
    expect((await file).suggestedFilename()).toBe('invoice-INV-0001.pdf');
    await page.context().close();
  });

  it('gives the client an invoice as a PDF by keyboard alone', async () => {
    const page = await opened(await dashboard.open(pathOf(await newLink('acme')), nobody));
    const byKeyboard = page.waitForEvent('download');
    for (let steps = 0; steps < 40; steps++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.textContent')) === 'INV-0001') break;
    }
    await page.keyboard.press('Enter');
    expect((await byKeyboard).suggestedFilename()).toBe('invoice-INV-0001.pdf');
    await page.context().close();
  });

  it('is the page of a person of the client, who is led there from the dashboard', async () => {
    const invitation = { email: 'jane@acme.example', role: 'client', client_id: 'acme' };
    const { url } = await json<{ url: string }>(dashboard.gateway.post('/v1/invitations', invitation), 201);
    const jane = browser(dashboard.gateway);
    await json(jane.send('POST', '/auth/link', { token: tokenOf(url), name: 'Jane' }));
    const page = await opened(await dashboard.open('/app', { cookie: jane.cookie() }));
    expect(new URL(page.url()).pathname).toBe('/portal');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect((await jane.get('/portal/api/overview')).status).toBe(401);
    await page.context().close();
  });

  it('keeps the chosen month in the address', async () => {
    const page = await opened(await dashboard.open(pathOf(await newLink('acme')), nobody));
    const months = page.getByRole('combobox', { name: 'Month' });
    await months.selectOption({ index: 1 });
    const month = await months.inputValue();
    await page.getByText('Nothing is billed in this month yet.').waitFor();
    expect(new URL(page.url()).searchParams.get('month')).toBe(month);
    await page.reload();
    await page.getByText('Nothing is billed in this month yet.').waitFor();
    expect(await months.inputValue()).toBe(month);
    await page.context().close();
  });

  it('shows names as the text that they are', async () => {
    const { gateway } = dashboard;
    await json(gateway.send('PUT', '/v1/clients/hostile', { name: odd }));
    await json(gateway.post('/v1/budgets', { name: odd, limit_usd: 5, scope: { client_id: 'hostile' } }), 201);
    const page = await dashboard.open(pathOf(await newLink('hostile')), nobody);
    page.on('dialog', () => expect.unreachable('a name has run a script'));
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
    await page.getByRole('cell', { name: /onerror/ }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.getByRole('heading', { level: 1 }).locator('bdi').textContent()).toBe(odd);
    await page.context().close();
  });

  it('says in plain words that a link is expired or revoked, and that the portal is closed', async () => {
    dashboard.expectProblem(/status of (401|410)/);
    const over = await dashboard.open(`/portal#${'x'.repeat(43)}`, nobody);
    await over.getByRole('heading', { name: 'This link does not open any more' }).waitFor();
    await over.getByText('withdrawn or is not complete').waitFor();
    await over.context().close();
    const late = await newLink('acme');
    await dashboard.gateway.database.pool.query('update portal_links set expires_at = $2 where id = $1', [
      late.id,
      '2026-11-03T09:00:00Z',
    ]);
    const expired = await dashboard.open(pathOf(late), nobody);
    await expired.getByRole('heading', { name: 'This link has expired' }).waitFor();
    await expired.getByText('worked until 3 November 2026, 09:00 (UTC)').waitFor();
    await expired.context().close();
    const link = await newLink('acme');
    const page = await opened(await dashboard.open(pathOf(link), nobody));
    expect((await dashboard.gateway.send('DELETE', `/v1/clients/acme/links/${link.id}`)).status).toBe(204);
    await page.getByRole('combobox', { name: 'Month' }).selectOption({ index: 1 });
    await page.getByRole('heading', { name: 'This link does not open any more' }).waitFor();
    expect(await page.getByText('€').count()).toBe(0);
    await page.context().close();
    const own = await opened(await dashboard.open(pathOf(await newLink('acme')), nobody));
    await own.getByRole('button', { name: 'Close the portal' }).click();
    await own.getByRole('heading', { name: 'The portal is closed' }).waitFor();
    await own.goto('/portal');
    await own.getByText('Open the portal by the link that you were sent.').waitFor();
    expect(await own.getByRole('link', { name: 'Sign in with an account' }).getAttribute('href')).toBe('/app');
    await own.context().close();
  });

  it('asks for the password of a link that has one, and opens on a click', async () => {
    dashboard.expectProblem(/status of (401|410)/);
    const path = pathOf(await newLink('acme', { password: 'correct horse' }));
    const page = await dashboard.open(path, nobody);
    await page.getByLabel('Password').fill('wrong horse');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('The password is wrong.').waitFor();
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Open' }).click();
    await opened(page);
    await page.context().close();
    expect(await dashboard.faultsByAxe(path, nobody)).toEqual([]);
  });

  it('shows only the parts that the link names, and says that test data is not billed', async () => {
    const link = await newLink('acme', { shows: ['invoices'] }, { authorization: `Bearer ${testKey}` });
    const page = await dashboard.open(pathOf(link), nobody);
    await page.getByText('Test data: nothing here is billed.').waitFor();
    await page.getByText('There is no invoice yet.').waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Invoices']);
    await page.context().close();
  });

  it('has the agency’s colour, fits a phone and prints without buttons', async () => {
    const page = await opened(await dashboard.open(pathOf(await newLink('acme')), { ...nobody, width: 390 }));
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // Amounts are in sight, and not behind the edge of a table.
    for (const region of ['Scenarios', 'Invoices']) {
      const amount = page.getByRole('region', { name: region, exact: true }).getByText(/€/).first();
      const box = await amount.boundingBox();
      expect([region, box !== null && box.x + box.width <= 390]).toEqual([region, true]);
    }
    expect(await page.evaluate(`getComputedStyle(document.querySelector('header')).borderBottomColor`)).toMatch(
      /^rgb\(1\d\d, \d+, 0\)$/,
    );
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Close the portal' }).isVisible()).toBe(false);
    expect(await page.getByRole('link', { name: 'INV-0001' }).isVisible()).toBe(true);
    await page.context().close();
  });

  it.each([
    ['light', 1440],
    ['dark', 390],
  ] as const)(
    'has no serious fault of accessibility: %s, %i pixels wide',
    { timeout: 120_000 },
    async (theme, width) => {
      const options = { ...nobody, theme, width };
      const path = pathOf(await newLink('acme'));
      const before = async (page: Page): Promise<void> => {
        await page.getByRole('link', { name: 'INV-0001' }).waitFor();
      };
      expect(await dashboard.faultsByAxe(path, { ...options, before })).toEqual([]);
      expect(await dashboard.faultsByAxe('/portal', options)).toEqual([]);
      expect(await dashboard.faultsByAxe(`/portal#${'x'.repeat(43)}`, options)).toEqual([]);
    },
  );
});
