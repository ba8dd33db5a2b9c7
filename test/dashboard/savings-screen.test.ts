import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

describe.skipIf(chromiumPath === undefined)(`the screen Savings${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    dashboard = await openDashboard();
    page = await dashboard.open('/app/savings');
  });
  afterAll(() => dashboard.stop());

  it('says how a first saving comes about', async () => {
    await page.getByText('Nothing is saved yet.').waitFor();
    await page.getByText('No answer is kept.').waitFor();
  });

  it('shows what the response cache saved, with its sign, by day and by client', async () => {
    dashboard.gateway.fakes.openai.reply({ text: 'Hello.', usage: { input: 4_000, output: 900 } });
    const call = async (): Promise<string | null> =>
      (
        await dashboard.gateway.post(chat, hello(), { 'x-client-id': 'acme', 'x-gateway-cache': 'ttl=3600' })
      ).headers.get('x-gateway-cache');
    expect(await call()).toMatch(/^(miss|stored)/);
    await eventually(async () => expect(await call()).toMatch(/^hit/));
    await page.reload();
    const saved = page.getByRole('region', { name: 'Saved', exact: true });
    await expect.poll(() => saved.textContent(), { timeout: 20_000 }).toMatch(/Response cache\+\$0\.\d+/);
    await page.getByRole('button', { name: 'By client' }).click();
    await page.waitForURL(/by=client/);
    const row = page.getByRole('region', { name: 'Savings by client' }).getByRole('row').nth(1);
    await expect.poll(() => row.textContent()).toMatch(/^acme2.*\+\$0\.\d+/);
    await page.getByText(/1 of 2 calls of the last 30 days were answered from memory/).waitFor();
  });

  it('clears the kept answers once the name of the workspace is typed', async () => {
    const { name } = await json<{ name: string }>(dashboard.gateway.get('/v1/workspace'));
    await page.getByRole('button', { name: 'Clear' }).click();
    const dialog = page.getByRole('dialog');
    const clear = dialog.getByRole('button', { name: 'Clear' });
    expect(await clear.isDisabled()).toBe(true);
    await dialog.getByLabel(/^Type/).fill(name);
    await clear.click();
    await page.getByText('The answers are deleted.').waitFor();
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/cache/stats'))).toMatchObject({ entries: 0 }),
    );
  });

  it('has no serious fault that axe finds, in both themes and widths', async () => {
    expect(await dashboard.faultsByAxe('/app/savings')).toEqual([]);
    expect(await dashboard.faultsByAxe('/app/savings?by=task', { theme: 'dark', width: 390 })).toEqual([]);
  }, 120_000);
});
