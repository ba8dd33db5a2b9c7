import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** A workspace in Kathmandu, seen by a browser in Berlin in the week in which summer time ends there, on 25 October 2026. */

const noon = Date.parse('2026-10-27T06:15:00Z');
const days = ['24 Oct', '25 Oct', '26 Oct'];

describe.skipIf(chromiumPath === undefined)(`the end of summer time elsewhere${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Asia/Kathmandu' }));
    const { pool } = gateway.database;
    await pool.query(`select ensure_call_partitions('2026-10-01', 1)`);
    // A call an hour for a dollar, from midnight in Kathmandu on.
    await pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested, model, provider,
         input_tokens, output_tokens, cost_nanos, total_ms)
       select k.workspace_id, '2026-10-23T18:15:00Z'::timestamptz + n * interval '1 hour', 'req_' || lpad(n::text, 3, '0'), true, 'gone', 'succeeded', k.id,
         'everest', 'chat', false, 'm', 'm', 'openai', 10, 2, 1000000000, 100
       from (select workspace_id, id from api_keys where livemode order by id limit 1) k, generate_series(0, 71) n`,
    );
    gateway.gateway.services.now = () => noon;
  });
  afterAll(() => dashboard.stop());

  it('changes no day and no hour of the workspace', async () => {
    const page = await dashboard.open('/app/sign-in', { cookie: undefined, timezone: 'Europe/Berlin' });
    const [name = '', value = ''] = dashboard.owner.cookie().split('=');
    await page.context().addCookies([{ name, value, url: dashboard.url }]);
    await page.clock.setSystemTime(noon);
    // Its own clock is that of the week, and the gateway's answers are dated so.
    await page.route(/\/v1\/(?!live)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), date: new Date(noon).toUTCString() } });
    });
    await page.goto('/app/usage?range=week');
    await settled(page);
    await page.getByText('Kathmandu time').waitFor();
    await page.getByText('Show as a table').click();
    for (const day of days) {
      const row = page.getByRole('row', { name: new RegExp(`^${day}`) });
      expect([day, await row.getByRole('cell').allTextContents()]).toEqual([day, expect.arrayContaining(['$24.00'])]);
    }
    await page.goto('/app/calls?range=yesterday');
    await settled(page);
    const moments = page.getByRole('region', { name: 'Calls' }).locator('time');
    await expect.poll(() => moments.count()).toBe(24);
    expect(await moments.first().getAttribute('title')).toContain('23:00 (Asia/Kathmandu)');
    expect(await moments.last().getAttribute('title')).toContain('00:00 (Asia/Kathmandu)');
    await page.context().close();
  });

  it('takes moments and the days of a new budget by the workspace’s clock, and shows them so', async () => {
    const { gateway } = dashboard;
    const page = await dashboard.open('/app/keys', { timezone: 'Europe/Berlin' });
    await settled(page);
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Until March');
    await dialog.getByText('More options').click();
    await dialog.getByLabel(/^Expires at/).fill('2027-03-01T00:00');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText(/^gw_live_/).waitFor();
    const { data } = await json<{ data: { name: string; expires_at: string }[] }>(gateway.get('/v1/keys'));
    expect(data.find((key) => key.name === 'Until March')?.expires_at).toBe('2027-02-28T18:15:00.000Z');
    await page.goto('/app/keys');
    await page.getByRole('button', { name: 'Change Until March' }).click();
    const expires = dialog.getByLabel(/^Expires at/);
    expect(await expires.inputValue()).toBe('2027-03-01T00:00');
    // A year that is taken away is no wish for a key that never expires.
    await yearOf(page, expires);
    await page.keyboard.press('Backspace');
    expect(await expires.inputValue()).toBe('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    // A year as it is typed is at first the year 2, which the gateway refuses.
    await yearOf(page, expires);
    await page.keyboard.type('2');
    expect(await expires.inputValue()).toBe('0002-03-01T00:00');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    await yearOf(page, expires);
    await page.keyboard.type('2028');
    expect(await expires.inputValue()).toBe('2028-03-01T00:00');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const changed = await json<{ data: { name: string; expires_at: string }[] }>(gateway.get('/v1/keys'));
    expect(changed.data.find((key) => key.name === 'Until March')?.expires_at).toBe('2028-02-29T18:15:00.000Z');
    await page.goto('/app/budgets');
    await page.getByRole('button', { name: '$5 a day for each scenario' }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The budget is saved').waitFor();
    const budgets = await json<{ data: { timezone: string }[] }>(gateway.get('/v1/budgets'));
    expect(budgets.data.map(({ timezone }) => timezone)).toEqual(['Asia/Kathmandu']);
    await page.context().close();
  });
});

/** The third part of the field, after the month and the day. */
async function yearOf(page: Page, field: Locator): Promise<void> {
  await field.blur();
  await field.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
}
