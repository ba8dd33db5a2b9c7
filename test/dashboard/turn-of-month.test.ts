import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** A workspace in Berlin at the turn from November to December, on a gateway whose clock the tests set. */

const lastMinute = Date.parse('2026-11-30T22:59:30Z');
const minute = 60_000;

describe.skipIf(chromiumPath === undefined)(`the turn of a month${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let now = lastMinute;

  async function addCall(id: string, at: string, usd: number): Promise<void> {
    await dashboard.gateway.database.pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed, model_requested,
         model, provider, input_tokens, output_tokens, cost_nanos, total_ms)
       select workspace_id, $1::timestamptz, $2, true, 'gone', 'succeeded', id, 'acme', 'mailer', 'chat', false, 'm', 'm', 'openai', 10, 2, $3, 100
       from api_keys where livemode order by id limit 1`,
      [at, id, String(usd * 1e9)],
    );
  }

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Europe/Berlin' }));
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
    await gateway.database.pool.query(`select ensure_call_partitions('2026-10-01', 3)`);
    await addCall('req_early', '2026-10-30T22:30:00Z', 2);
    await addCall('req_0', '2026-10-30T23:30:00Z', 0.5);
    await addCall('req_1', '2026-11-01T12:00:00Z', 1);
    await addCall('req_2', '2026-11-29T20:00:00Z', 5);
    gateway.gateway.services.now = () => now;
  });
  afterAll(() => dashboard.stop());

  /** A page whose own clock, and the date of each answer, are those of the gateway. */
  async function open(path: string): Promise<Page> {
    const page = await dashboard.open('/app/sign-in', { cookie: undefined, timezone: 'Europe/Berlin' });
    const [name = '', value = ''] = dashboard.owner.cookie().split('=');
    await page.context().addCookies([{ name, value, url: dashboard.url }]);
    await page.clock.install({ time: now });
    await page.route(/\/v1\/(?!live)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), date: new Date(now).toUTCString() } });
    });
    await page.goto(path);
    await settled(page);
    return page;
  }

  it('shows on screens that stay open at midnight', async () => {
    now = lastMinute;
    const page = await open('/app/clients');
    const row = page.getByRole('row', { name: /^Acme/ });
    await row.getByText('$7.20').waitFor();
    const billing = await open('/app/billing');
    await billing.getByRole('button', { name: 'Invoice October' }).click();
    await billing.getByRole('heading', { name: 'Invoice October' }).waitFor();
    now = lastMinute + minute;
    const read = page.waitForResponse(/\/v1\/usage\/clients/);
    for (const one of [page, billing]) await one.clock.runFor(minute);
    // December has no figures yet.
    await read;
    await row.getByText('–').first().waitFor();
    expect(await row.getByText('$7.20').count()).toBe(0);
    // The dialog hides the button under it from the roles.
    await billing.getByRole('button', { name: 'Invoice November', includeHidden: true }).waitFor();
    const dialog = billing.getByRole('dialog', { name: 'Invoice October' });
    await dialog.getByRole('row', { name: /^Acme/ }).getByText('$3.00').waitFor();
    for (const one of [page, billing]) await one.context().close();
  });

  it('leaves a month without calls on the first, and says so', async () => {
    now = lastMinute + minute;
    const page = await open('/app');
    await page.getByText('December 2026 (Berlin)').waitFor();
    await page.getByText('Calls in December have cost nothing yet.').waitFor();
    await page.getByText('See your first call arrive').waitFor();
    expect(await page.getByText('Waiting for the first call').count()).toBe(0);
    expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe('Needs you');
    await page.goto('/app/usage');
    await page.getByText('No calls in this range. Choose a longer one.').waitFor();
    await page.goto('/app/connect');
    await page.getByText('Calls arrive: the newest is in').waitFor();
    await page.context().close();
  });

  it('has no highest day where there is only one', async () => {
    now = Date.parse('2026-11-01T12:30:00Z');
    const page = await open('/app');
    const chart = page.getByRole('region', { name: 'Daily cost by client' });
    await chart.getByText('$1.00 since 1 Nov.').waitFor();
    expect(await chart.getByText('The highest day').count()).toBe(0);
    await page.context().close();
  });

  it('compares yesterday and today on the second with as much time before, to the minute, and not with the month before', async () => {
    now = Date.parse('2026-11-01T23:05:00Z');
    const page = await open('/app');
    const movers = page.getByRole('region', { name: 'Movers since yesterday' });
    await expect.poll(() => movers.getByRole('listitem').allTextContents()).toEqual(['mailer+$0.502.0x']);
    await page.context().close();
  });

  it('says from when a month is billed whose beginning is invoiced already', async () => {
    now = Date.parse('2026-11-28T12:00:00Z');
    await json(dashboard.gateway.post('/v1/invoices', { client_id: 'acme', period: '2026-11' }), 201);
    now = lastMinute + minute;
    const page = await open('/app/billing');
    await page.getByRole('button', { name: 'Invoice November' }).click();
    const row = page.getByRole('dialog').getByRole('row', { name: /^Acme/ });
    await row.getByText('to bill from 28 Nov 2026, 13:00').waitFor();
    await row.getByText('$6.00').waitFor();
    await page.context().close();
  });
});
