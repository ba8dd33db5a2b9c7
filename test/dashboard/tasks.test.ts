import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import { deskAndPhone, type Mouse, mouseOf } from '../support/mouse.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { startReceiver } from '../support/receiver.ts';

/** The tasks that people come for, each in at most three clicks from Home, and one more on a phone where the screen is behind More. */

describe.skipIf(chromiumPath === undefined)(`the tasks of the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;

  beforeAll(awayFromMidnight, 240_000);
  beforeAll(async () => {
    dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true' });
    const { gateway } = dashboard;
    const tags = { 'x-client-id': 'acme', 'x-scenario-id': '42', 'x-scenario-platform': 'make' };
    await json(gateway.post(chat, hello(), tags));
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
    const budget = { name: 'Acme a month', limit_usd: 50, period: 'month', scope: { client_id: 'acme' } };
    await json(gateway.post('/v1/budgets', budget), 201);
  });
  afterAll(() => dashboard.stop());

  describe.each(deskAndPhone)('%s', (where, { more }, size) => {
    let page: Page;
    let mouse: Mouse;

    beforeAll(async () => {
      page = await dashboard.open('/app', size);
      mouse = mouseOf(page);
    });
    afterAll(() => page.context().close());

    const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

    it('1: resume a paused scenario from the list of them', async () => {
      await json(dashboard.gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
      await mouse.fromHome();
      await mouse.menu('Scenarios');
      await said('Under repair');
      await mouse.click('button', 'Resume scenario 42');
      expect(mouse.clicks()).toBe(2);
      await said('Scenario 42 is running');
    });

    it('6: show the calls that failed over yesterday, and keep the view in the address', async () => {
      await mouse.fromHome();
      await mouse.menu('Calls');
      await mouse.click('button', 'Failed over');
      await mouse.click('button', 'Yesterday');
      expect(mouse.clicks()).toBe(3);
      await page.waitForURL(/view=failed_over.*range=yesterday|range=yesterday.*view=failed_over/);
      await page.reload();
      await said('Failed over, yesterday');
    });

    it('open one call, with its attempts and budgets', async () => {
      await json(dashboard.gateway.post(chat, hello()));
      await page.goto('/app/calls');
      await mouse.click('link', /^req_/);
      await said('Attempts');
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    });

    it('7: compare models by their speed', async () => {
      await mouse.fromHome();
      await mouse.menu('Usage');
      await mouse.click('link', 'Speed');
      expect(mouse.clicks()).toBe(2 + more);
      await page.getByRole('heading', { level: 1, name: /speed/i }).waitFor();
      await said('First byte P50');
    });

    it('15: export last month by client', async () => {
      await mouse.fromHome();
      await mouse.menu('Usage');
      await mouse.click('button', 'Last month');
      const file = page.waitForEvent('download');
      await mouse.click('button', 'Export');
      expect(mouse.clicks()).toBe(3 + more);
      expect((await file).suggestedFilename()).toMatch(/^usage-by-client-.*\.csv$/);
    });

    it('13: cap each scenario at $5 a day', async () => {
      await mouse.fromHome();
      await mouse.menu('Budgets');
      await mouse.click('button', '$5 a day for each scenario');
      await mouse.click('button', 'Save');
      expect(mouse.clicks()).toBe(3 + more);
      await said('The budget is saved');
      await said('Each scenario, a day');
    });

    it('14: send alerts to Slack, and see that they arrive', async () => {
      const receiver = await startReceiver();
      await mouse.fromHome();
      await mouse.menu('Alerts');
      await mouse.click('button', 'Slack');
      await page.getByLabel('Webhook URL').fill(receiver.url);
      await mouse.click('button', 'Save and test');
      expect(mouse.clicks()).toBe(3 + more);
      await said('a test alert has arrived');
      await receiver.stop();
    });

    it('8: connect n8n with a key that is made and copied at once', async () => {
      await mouse.fromHome();
      await mouse.menu('Connect');
      await mouse.click('button', 'n8n');
      await mouse.click('button', 'Make key and copy');
      expect(mouse.clicks()).toBe(3 + more);
      await said('The key is copied');
      const copied = await page.evaluate('navigator.clipboard.readText()');
      expect((await dashboard.gateway.get('/v1/me', { authorization: `Bearer ${copied}` })).status).toBe(200);
    });

    it('10: roll a leaked key', async () => {
      const name = `Leaked ${where} ${randomBytes(3).toString('hex')}`;
      const { key } = await json<{ key: string }>(dashboard.gateway.post('/v1/keys', { name, role: 'caller' }), 201);
      await mouse.fromHome();
      await mouse.menu('Keys');
      await mouse.click('button', `Roll ${name}`);
      await mouse.click('button', 'Roll');
      expect(mouse.clicks()).toBe(3 + more);
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/^gw_live_/).waitFor();
      await eventually(async () =>
        expect((await dashboard.gateway.get('/v1/me', { authorization: `Bearer ${key}` })).status).toBe(401),
      );
    });
  });

  it('have no serious fault that axe finds on any screen, in both themes and on a phone', async () => {
    const paths = [
      'clients',
      'clients/acme',
      'clients/acme?tab=billing',
      'scenarios',
      'budgets',
      'calls',
      'calls?view=refused',
    ];
    paths.push('usage', 'usage/speed', 'billing', 'alerts', 'connect', 'keys', 'settings', 'settings/people');
    paths.push('settings/providers', 'settings/sso', 'settings/security', 'settings/audit');
    for (const path of paths) expect([path, await dashboard.faultsByAxe(`/app/${path}`)]).toEqual([path, []]);
    for (const path of ['clients/acme', 'budgets', 'calls', 'usage', 'connect'])
      expect([path, await dashboard.faultsByAxe(`/app/${path}`, { theme: 'dark', width: 390 })]).toEqual([path, []]);
  }, 180_000);

  it('run off the side of no phone', async () => {
    const phone = await dashboard.open('/app/clients/acme', { width: 390 });
    for (const path of ['clients/acme', 'budgets', 'calls', 'usage', 'billing', 'settings/sso']) {
      await phone.goto(`/app/${path}`);
      await phone.getByRole('heading', { level: 1 }).waitFor();
      await settled(phone);
      expect([path, await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
    }
    await phone.context().close();
  });
});
