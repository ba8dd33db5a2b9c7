import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, hello, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { testKey } from '../support/start-gateway.ts';

interface Listed {
  data: unknown[];
}

describe.skipIf(chromiumPath === undefined)(`Home${leftOutWithoutChromium}`, { timeout: 90_000 }, () => {
  let dashboard: Dashboard;
  let page: Page;
  const asTest = { authorization: `Bearer ${testKey}` };
  const testCall = (text: string, headers: Record<string, string>): Promise<Response> =>
    dashboard.gateway.post('/v1/chat/completions', hello({ messages: [{ role: 'user', content: text }] }), {
      ...asTest,
      ...headers,
    });
  const main = () => page.getByRole('main');

  beforeAll(async () => {
    dashboard = await openDashboard();
    page = await dashboard.open('/app');
    await page.getByRole('switch', { name: 'Test mode' }).click();
  });
  afterAll(() => dashboard.stop());

  it('leads a newcomer from a key over the first call, seen arriving, to the first budget', async () => {
    const start = main().getByRole('region', { name: 'Get started' });
    await start.getByText('Step 1').waitFor();
    await start.getByRole('button', { name: 'Create a key' }).click();
    const key = await start
      .locator('code')
      .filter({ hasText: /^gw_test_/ })
      .textContent();
    const command = await start.getByRole('tabpanel').textContent();
    expect(command).toContain(String(key));
    await start.getByRole('tab', { name: 'n8n' }).click();
    await start.getByText('n8n-nodes-ai-gateway').waitFor();
    const answer = await fetch(`${dashboard.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(hello()),
    });
    expect(answer.status).toBe(200);
    const firstCall = start.getByRole('listitem').filter({ hasText: 'See your first call arrive' });
    await firstCall.getByText('Done').waitFor({ timeout: 40_000 });
    await start.getByRole('button', { name: '$5 a day for each scenario' }).click();
    await start.getByRole('listitem').filter({ hasText: 'Set your first budget' }).getByText('Done').waitFor();
    const { data } = await json<Listed>(dashboard.gateway.get('/v1/budgets', asTest));
    expect(data).toMatchObject([{ limit_usd: 5, period: 'day', scope: { scenario_id: '*' } }]);
  }, 120_000);

  it('sends a test call without a key, in test mode only', async () => {
    await main().getByRole('button', { name: 'Send a test call' }).click();
    await page.getByText('The sandbox answered.').waitFor();
    await eventually(async () => {
      const { data } = await json<Listed>(dashboard.gateway.get('/v1/usage/requests', asTest));
      expect(data).toHaveLength(2);
      expect(data[0]).toMatchObject({ provider: 'sandbox', livemode: false });
    });
    expect((await json<Listed>(dashboard.gateway.get('/v1/usage/requests'))).data).toEqual([]);
  });

  it('resumes a paused scenario and raises a budget near its limit, and takes a raise back', async () => {
    const create = { name: 'Acme', limit_usd: 5, scope: { client_id: 'acme' } };
    const { id } = await json<{ id: string }>(dashboard.gateway.send('POST', '/v1/budgets', create, asTest), 201);
    expect((await testCall('sandbox:cost 4.40', { 'x-client-id': 'acme', 'x-scenario-id': '42' })).status).toBe(200);
    await json(dashboard.gateway.send('POST', '/v1/scenarios/42/pause', { reason: 'a loop' }, asTest));
    await page.reload();
    const needs = main().getByRole('region', { name: 'Needs you' });
    await needs.getByText('a loop').waitFor();
    await needs.getByRole('button', { name: 'Resume scenario 42' }).click();
    await expect.poll(() => needs.getByText('a loop').count()).toBe(0);
    await needs.getByRole('button', { name: 'Raise Acme by $20' }).click();
    const limit = async (): Promise<number> =>
      (await json<{ limit_usd: number }>(dashboard.gateway.get(`/v1/budgets/${id}`, asTest))).limit_usd;
    await expect.poll(limit).toBe(25);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(limit).toBe(5);
    await page.getByText('Taken back').waitFor();
  });

  it('raises a budget by its name in the search: two steps', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('raise acme 20');
    await page.getByRole('option', { name: 'Raise Acme by $20.00' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Acme is raised by $20.00').waitFor();
  });

  it('shows the month in figures and by day, in words and as a table, and names of others as text', async () => {
    const hostile = '<img src=x onerror=alert(1)> שלום =cmd';
    const body = hello({
      messages: [{ role: 'user', content: 'sandbox:cost 1.00' }],
      metadata: { client_id: hostile },
    });
    await json(dashboard.gateway.post('/v1/chat/completions', body, asTest));
    await page.reload();
    await settled(page);
    const figures = main().getByRole('region', { name: 'This month' });
    await expect.poll(() => figures.textContent(), { timeout: 20_000 }).toMatch(/Spent\s*\$5\.\d\d/);
    await figures.getByRole('link', { name: /^Refused \d+$/ }).waitFor();
    const chart = main().getByRole('region', { name: 'Daily cost by client' });
    await chart.getByText('Show as a table').click();
    await chart.getByRole('columnheader', { name: 'acme' }).waitFor();
    await chart.getByRole('slider').focus();
    await page.keyboard.press('End');
    expect(await chart.getByRole('slider').getAttribute('aria-valuetext')).toMatch(
      /^\d+ \w+: \$5\.\d\d \(acme \$4\.40/,
    );
    await chart.getByRole('columnheader', { name: hostile }).waitFor();
    expect(await main().locator('img').count()).toBe(0);
  });

  it('names the instance of each budget near its limit without a request of its own for each', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      const create = { name: `Every ${n}`, limit_usd: 1, scope: { scenario_id: '*' } };
      made.push((await json<{ id: string }>(dashboard.gateway.send('POST', '/v1/budgets', create, asTest), 201)).id);
    }
    expect((await testCall('sandbox:cost 0.95', { 'x-scenario-id': '77' })).status).toBe(200);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    const needs = main().getByRole('region', { name: 'Needs you' });
    for (let n = 0; n < 5; n++)
      await needs
        .getByRole('listitem')
        .filter({ hasText: `Every ${n} for 77 at 95 %` })
        .waitFor();
    await settled(page);
    expect(asked.filter((path) => path === '/v1/budgets').length).toBeGreaterThan(0);
    expect(asked.filter((path) => path.endsWith('/instances'))).toEqual([]);
    for (const id of made) await dashboard.gateway.send('DELETE', `/v1/budgets/${id}`, undefined, asTest);
  });

  it('keeps a new key in sight while test mode, which has calls, is looked at', async () => {
    const { gateway } = dashboard;
    const { data } = await json<{ data: { id: string; role: string }[] }>(gateway.get('/v1/keys'));
    for (const { id, role } of data) if (role === 'caller') await gateway.send('DELETE', `/v1/keys/${id}`);
    const other = await dashboard.open('/app');
    const start = other.getByRole('main').getByRole('region', { name: 'Get started' });
    await start.getByRole('button', { name: 'Create a key' }).click();
    const key = start.locator('code').filter({ hasText: /^gw_live_/ });
    const shown = await key.textContent();
    const headings = other.getByRole('main').getByRole('heading', { level: 2 });
    const first = async (): Promise<string | undefined> => (await headings.allTextContents())[0];
    expect(await first()).toBe('Get started');
    await other.getByRole('switch', { name: 'Test mode' }).click();
    await expect.poll(first).toMatch(/^Needs you/);
    await key.waitFor();
    expect(await key.textContent()).toBe(shown);
    await other.context().close();
  });

  it('has no serious fault that axe finds, with data, in both themes and widths', async () => {
    const toTest = async (other: Page): Promise<void> => {
      await other.getByRole('switch', { name: 'Test mode' }).click();
      await other.getByRole('heading', { name: 'Daily cost by client' }).waitFor();
      await settled(other);
    };
    expect(await dashboard.faultsByAxe('/app', { before: toTest })).toEqual([]);
    expect(await dashboard.faultsByAxe('/app', { before: toTest, theme: 'dark', width: 390 })).toEqual([]);
  });
});
