import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { deskAndPhone, type Mouse, mouseOf } from '../support/mouse.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** The tasks of one client, each in at most three clicks from Home. A click is counted where a mouse or a finger presses. */

const hostile = '<img src=x onerror=alert(1)> \u202Eevil =cmd';

describe.skipIf(chromiumPath === undefined)(`the tasks of a client${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    for (const client of ['acme', 'globex']) await json(gateway.post(chat, hello(), { 'x-client-id': client }));
    await json(gateway.send('PUT', '/v1/clients/hostile', { name: hostile }));
    const budget = { name: 'Acme a month', limit_usd: 50, period: 'month', scope: { client_id: 'acme' } };
    await json(gateway.post('/v1/budgets', budget), 201);
  });
  afterAll(() => dashboard.stop());

  describe.each(deskAndPhone)('%s', (_, { more }, size) => {
    let page: Page;
    let mouse: Mouse;

    beforeAll(async () => {
      await json(dashboard.gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
      page = await dashboard.open('/app', size);
      mouse = mouseOf(page);
    });
    afterAll(() => page.context().close());

    const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
    const main = () => page.getByRole('main');

    async function acme(): Promise<void> {
      await mouse.fromHome();
      await mouse.menu('Clients');
      await mouse.click('link', 'Acme');
      await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
    }

    it('2: raise the budget by $20, and take it back', async () => {
      await acme();
      await mouse.click('button', '+20');
      expect(mouse.clicks()).toBe(3);
      await said('of $70.00');
      await mouse.click('button', 'Undo');
      await said('of $50.00');
    });

    it('2: raise the budget by words in the search', async () => {
      await mouse.fromHome();
      await mouse.search('raise acme 20');
      expect(mouse.clicks()).toBeLessThanOrEqual(2);
      await said('Acme a month is raised by $20.00');
      await mouse.click('button', 'Undo');
      await said('Taken back');
    });

    it('20: say who raised it', async () => {
      await acme();
      await mouse.click('link', 'History');
      expect(mouse.clicks()).toBe(3);
      await said('Raise taken back');
      // A cell of a stacked row has its title before it.
      await page
        .getByRole('cell', { name: /^(Event )?Raised$/ })
        .first()
        .waitFor();
      expect(await page.getByRole('cell', { name: /^(By )?ada$/ }).count()).toBeGreaterThan(1);
    });

    it('5: share the portal', async () => {
      await acme();
      await mouse.click('button', 'Share');
      expect(mouse.clicks()).toBe(3);
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/\/portal#/).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/\/portal#/);
    });

    it('9: make a key that cannot claim another client', async () => {
      await acme();
      await mouse.click('button', 'New key');
      expect(mouse.clicks()).toBe(3);
      const dialog = page.getByRole('dialog');
      const key = await dialog.getByText(/^gw_live_/).textContent();
      const authorization = `Bearer ${key}`;
      const other = await dashboard.gateway.post(chat, hello(), { authorization, 'x-client-id': 'globex' });
      expect(other.status).toBe(403);
      expect((await dashboard.gateway.post(chat, hello(), { authorization })).status).toBe(200);
    });

    it('16: change the markup in its field', async () => {
      await acme();
      await mouse.click('link', 'Billing', main());
      expect(mouse.clicks()).toBe(3);
      await page.getByLabel('Markup %').fill('25');
      await page.keyboard.press('Enter');
      await eventually(async () =>
        expect(await json(dashboard.gateway.get('/v1/clients/acme'))).toMatchObject({ markup_percent: 25 }),
      );
    });

    it('23: void a wrong invoice', async () => {
      const to = new Date();
      const from = new Date(to.getTime() - 3_600_000).toISOString();
      const { label } = await json<{ label: string }>(
        dashboard.gateway.post('/v1/invoices', { client_id: 'globex', from, to: to.toISOString() }),
        201,
      );
      await mouse.fromHome();
      await mouse.menu('Billing');
      await mouse.click('link', label);
      await mouse.click('button', 'Void');
      expect(mouse.clicks()).toBe(3 + more);
      await page.getByLabel(/^Type/).fill(label);
      await mouse.click('button', 'Void', page.getByRole('dialog'));
      await said('credit note');
    });
  });

  it('show hostile names as text', async () => {
    const page = await dashboard.open('/app/clients');
    await page.getByText(hostile).first().waitFor();
    await page.goto('/app/clients/hostile');
    await page.getByRole('heading', { level: 1, name: hostile }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    await page.context().close();
  });
});
