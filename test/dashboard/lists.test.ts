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

/** Lists longer than a page, and those that grow while somebody reads them. */

const many = Array.from({ length: 101 }, (_, n) => `many-${String(n).padStart(3, '0')}`);

describe.skipIf(chromiumPath === undefined)(`the lists of the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    dashboard = await openDashboard();
    const call = (id: string): Promise<unknown> =>
      json(dashboard.gateway.post(chat, hello(), { 'x-client-id': id, 'x-scenario-id': id }));
    for (const id of many) await call(id);
    page = await dashboard.open('/app');
  });
  afterAll(() => dashboard.stop());

  it('keep the calls in sight where they are, and show newer ones when they are asked for', async () => {
    const call = (): Promise<unknown> =>
      json(dashboard.gateway.post(chat, hello(), { 'x-client-id': 'few', 'x-scenario-id': 'few' }));
    await call();
    const namesRead: string[] = [];
    // Home, which is still open, reads them too, and so does a part of a screen that is drawn again before its answer is there.
    page.on('requestfinished', (request) => {
      if (/\/v1\/clients\?id=few&limit=100$/.test(request.url()) && page.url().includes('/app/calls'))
        namesRead.push(request.url());
    });
    await page.goto('/app/calls?client_id=few');
    const rows = page.getByRole('region', { name: 'Calls' }).getByRole('link', { name: /^req_/ });
    await expect.poll(() => rows.count()).toBe(1);
    const first = await rows.first().textContent();
    await call();
    await call();
    const show = page.getByRole('button', { name: '2 newer calls, show' });
    await show.waitFor();
    expect(await rows.allTextContents()).toEqual([first]);
    await expect.poll(() => namesRead.length).toBe(1);
    await show.click();
    await expect.poll(() => rows.count()).toBe(3);
    expect(await show.count()).toBe(0);
    expect(await rows.nth(2).textContent()).toBe(first);
  });

  it('give no advice for a first call where calls were made', async () => {
    const connect = page.getByRole('link', { name: 'Connect Make, Zapier, n8n or your own code' });
    for (const [path, words] of [
      ['/app/calls?view=failed', 'No failed call in this range.'],
      ['/app/calls?view=failed_over', 'Nothing failed over in this range.'],
      ['/app/calls?client_id=nobody', 'No such call in this range.'],
    ] as const) {
      await page.goto(path);
      await page.getByText(words).waitFor();
      expect(await connect.count()).toBe(0);
    }
  });

  it('have a page after the hundredth row of usage', async () => {
    await page.goto('/app/usage?range=month&by=scenario');
    const rows = page.getByRole('region', { name: 'Usage by scenario' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(101);
    await page.getByText('A list of up to 100 rows can be sorted by its headings.').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('cell', { name: 'many-100' }).waitFor();
    expect(await rows.count()).toBeLessThan(101);
    await page.getByRole('button', { name: 'First page' }).click();
    await expect.poll(() => rows.count()).toBe(101);
  });

  it('show tokens by day and by client', async () => {
    await page.goto('/app/usage?range=month');
    await page.getByRole('link', { name: 'Tokens' }).click();
    await page.getByRole('heading', { level: 1, name: 'Usage: Tokens' }).waitFor();
    await page.getByRole('columnheader', { name: 'Of them cached' }).waitFor();
    await page.getByText(/ tokens in \d+ days?\./).waitFor();
    expect(await dashboard.faultsByAxe('/app/usage/tokens')).toEqual([]);
  });

  it('show the figures of each client, also of those after the hundredth', async () => {
    await page.goto('/app/clients?search=many-100');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'many-100' }) });
    await expect.poll(() => row.getByRole('cell').nth(1).textContent()).toBe('1');
  });

  it('name the limit of the workspace below the daily cost', async () => {
    await json(
      dashboard.gateway.post('/v1/budgets', { name: 'Everything', limit_usd: 50, period: 'day', scope: {} }),
      201,
    );
    await page.goto('/app');
    await settled(page);
    await page.getByText('Limit Everything: $50.00 a day').waitFor();
  });

  it('offer Undo inside of a dialog, where the page behind it takes no click', { timeout: 60_000 }, async () => {
    const budget = { name: 'Tiny', limit_usd: 0.000001, period: 'day', scope: { client_id: 'tiny' } };
    const { id } = await json<{ id: string }>(dashboard.gateway.post('/v1/budgets', budget), 201);
    const refused = await dashboard.gateway.post(chat, hello(), { 'x-client-id': 'tiny' });
    expect(refused.status).toBe(402);
    const call = refused.headers.get('x-request-id');
    await eventually(() => json(dashboard.gateway.get(`/v1/usage/requests/${call}`)));
    await page.goto(`/app/calls?view=refused&call=${call}`);
    const dialog = page.getByRole('dialog');
    // Undo is offered for ten seconds only, so nothing else is to load by then.
    await settled(page);
    await dialog.getByRole('button', { name: '+10 for Tiny' }).click();
    await dialog.getByRole('button', { name: 'Undo' }).click();
    await dialog.getByText('Taken back').waitFor();
    expect(await json(dashboard.gateway.get(`/v1/budgets/${id}`))).toMatchObject({ limit_usd: 0.000001 });
  });

  it('lead to the second factor where the workspace wants one', async () => {
    await json(dashboard.gateway.send('PUT', '/v1/workspace/security', { requires_second_factor: true }));
    dashboard.expectProblem(/status of 403/);
    await page.goto('/app/budgets');
    const link = page.getByRole('link', { name: 'Add a second factor' }).first();
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('/app/settings/security');
  });
});
