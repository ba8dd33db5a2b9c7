import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { startReceiver } from '../support/receiver.ts';

/** What people come for, each in at most three clicks from Home. A click is counted where a mouse is pressed. */

const hostile = '<img src=x onerror=alert(1)> \u202Eevil =cmd';

describe.skipIf(chromiumPath === undefined)(`the tasks of the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  let clicks = 0;

  beforeAll(async () => {
    dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true' });
    const { gateway } = dashboard;
    for (const client of ['acme', 'globex'])
      await json(
        gateway.post(chat, hello(), { 'x-client-id': client, 'x-scenario-id': '42', 'x-scenario-platform': 'make' }),
      );
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
    await json(gateway.send('PUT', '/v1/clients/hostile', { name: hostile }));
    await json(
      gateway.post('/v1/budgets', {
        name: 'Acme a month',
        limit_usd: 50,
        period: 'month',
        scope: { client_id: 'acme' },
      }),
      201,
    );
    page = await dashboard.open('/app');
  });
  afterAll(() => dashboard.stop());

  /** From Home, with no click so far. */
  async function fromHome(): Promise<void> {
    await page.goto('/app');
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    clicks = 0;
  }

  async function click(role: 'link' | 'button' | 'switch', name: string | RegExp, within?: string): Promise<void> {
    const place = within === undefined ? page : page.getByRole('dialog', { name: within });
    await place
      .getByRole(role, typeof name === 'string' ? { name, exact: true } : { name })
      .first()
      .click();
    clicks += 1;
  }

  const menu = (name: string): Promise<void> => click('link', name);
  const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

  it('raise the budget of a client by $20, and take it back', async () => {
    await fromHome();
    await menu('Clients');
    await click('link', 'Acme');
    await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
    await click('button', '+20');
    expect(clicks).toBe(3);
    await said('of $70.00');
    await click('button', 'Undo');
    await said('of $50.00');
  });

  it('say who raised it', async () => {
    await fromHome();
    await menu('Clients');
    await click('link', 'Acme');
    await click('link', 'History');
    expect(clicks).toBe(3);
    await said('Raise taken back');
    await page.getByRole('cell', { name: 'Raised', exact: true }).waitFor();
    expect(await page.getByRole('cell', { name: 'ada', exact: true }).count()).toBeGreaterThan(1);
  });

  it('share the portal with a client', async () => {
    await fromHome();
    await menu('Clients');
    await click('link', 'Acme');
    await click('button', 'Share');
    expect(clicks).toBe(3);
    await page
      .getByRole('dialog')
      .getByText(/\/portal#/)
      .waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/\/portal#/);
  });

  it('make a key that cannot claim another client', async () => {
    await fromHome();
    await menu('Clients');
    await click('link', 'Acme');
    await click('button', 'New key');
    expect(clicks).toBe(3);
    const key = await page
      .getByRole('dialog')
      .getByText(/^gw_live_/)
      .textContent();
    const other = await dashboard.gateway.post(chat, hello(), {
      authorization: `Bearer ${key}`,
      'x-client-id': 'globex',
    });
    expect(other.status).toBe(403);
    expect((await dashboard.gateway.post(chat, hello(), { authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it('change the markup of a client in place', async () => {
    await fromHome();
    await menu('Clients');
    await click('link', 'Acme');
    await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Billing' }).click();
    expect(clicks + 1).toBe(3);
    await page.getByLabel('Markup %').fill('25');
    await page.keyboard.press('Enter');
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/clients/acme'))).toMatchObject({ markup_percent: 25 }),
    );
  });

  it('cap each scenario at $5 a day', async () => {
    await fromHome();
    await menu('Budgets');
    await click('button', '$5 a day for each scenario');
    await click('button', 'Save');
    expect(clicks).toBe(3);
    await said('The budget is saved');
    await said('Each scenario, a day');
  });

  it('show the calls that failed over yesterday, and keep the view in the address', async () => {
    await fromHome();
    await menu('Calls');
    await click('button', 'Failed over');
    await click('button', 'Yesterday');
    expect(clicks).toBe(3);
    await page.waitForURL(/view=failed_over.*range=yesterday|range=yesterday.*view=failed_over/);
    await page.reload();
    await said('Failed over, yesterday');
  });

  it('open one call, with its attempts and budgets', async () => {
    await page.goto('/app/calls');
    await page.getByRole('link', { name: /^req_/ }).first().click();
    await said('Attempts');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });

  it('compare models by their speed', async () => {
    await fromHome();
    await menu('Usage');
    await click('link', 'Speed');
    expect(clicks).toBe(2);
    await page.getByRole('heading', { level: 1, name: /speed/i }).waitFor();
    await said('First byte P50');
  });

  it('export last month by client', async () => {
    await fromHome();
    await menu('Usage');
    await click('button', 'Last month');
    const file = page.waitForEvent('download');
    await click('button', 'Export');
    expect(clicks).toBe(3);
    expect((await file).suggestedFilename()).toMatch(/^usage-by-client-.*\.csv$/);
  });

  it('send alerts to Slack, and see that they arrive', async () => {
    const receiver = await startReceiver();
    await fromHome();
    await menu('Alerts');
    await click('button', 'Slack');
    await page.getByLabel('Webhook URL').fill(receiver.url);
    await click('button', 'Save and test');
    expect(clicks).toBe(3);
    await said('a test alert has arrived');
    await receiver.stop();
  });

  it('connect n8n with a key that is made and copied at once', async () => {
    await fromHome();
    await menu('Connect');
    await click('button', 'n8n');
    await click('button', 'Make key and copy');
    expect(clicks).toBe(3);
    await said('The key is copied');
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect((await dashboard.gateway.get('/v1/me', { authorization: `Bearer ${copied}` })).status).toBe(200);
  });

  it('roll a leaked key', async () => {
    const { key } = await json<{ key: string }>(
      dashboard.gateway.post('/v1/keys', { name: 'Leaked', role: 'caller' }),
      201,
    );
    await fromHome();
    await menu('Keys');
    await click('button', 'Roll Leaked');
    await click('button', 'Roll');
    expect(clicks).toBe(3);
    await page
      .getByRole('dialog')
      .getByText(/^gw_live_/)
      .waitFor();
    await eventually(async () =>
      expect((await dashboard.gateway.get('/v1/me', { authorization: `Bearer ${key}` })).status).toBe(401),
    );
  });

  it('void a wrong invoice', async () => {
    const now = new Date();
    const from = new Date(now.getTime() - 600_000).toISOString();
    const { label } = await json<{ label: string }>(
      dashboard.gateway.post('/v1/invoices', { client_id: 'globex', from, to: now.toISOString() }),
      201,
    );
    await fromHome();
    await menu('Billing');
    await click('link', label);
    await click('button', 'Void');
    expect(clicks).toBe(3);
    await page.getByLabel(/^Type/).fill(label);
    await page.getByRole('dialog').getByRole('button', { name: 'Void' }).click();
    await said('credit note');
  });

  it('resume a paused scenario', async () => {
    await json(dashboard.gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
    await fromHome();
    await menu('Scenarios');
    await said('Under repair');
    await click('button', 'Resume scenario 42');
    expect(clicks).toBe(2);
    await said('Scenario 42 is running');
  });

  it('show hostile names as text', async () => {
    await page.goto('/app/clients');
    await said(hostile);
    await page.goto('/app/clients/hostile');
    await page.getByRole('heading', { level: 1, name: hostile }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
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
