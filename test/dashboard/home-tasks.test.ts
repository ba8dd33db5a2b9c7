import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import { deskAndPhone, type Mouse, mouseOf } from '../support/mouse.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** Tasks that Home answers at once, and the clicks of a whole month, with a mouse at a desk and with a finger on a phone. */

const title = `from Home %s${leftOutWithoutChromium}`;

describe.skipIf(chromiumPath === undefined).each(deskAndPhone)(title, (_, { more }, size) => {
  let dashboard: Dashboard;
  let page: Page;
  let mouse: Mouse;

  beforeAll(awayFromMidnight, 240_000);
  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    for (const client of ['acme', 'globex']) {
      gateway.fakes.openai.reply({ text: 'x', usage: { input: 100, output: 1_000 } });
      await json(gateway.post(chat, hello({ max_tokens: 1_000 }), { 'x-client-id': client, 'x-scenario-id': '42' }));
    }
    // One call was last month, so that there is something to invoice; and not in the two days before yesterday, with which the movers are compared, on the first of a month either.
    await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '40 days')::date, 3)`);
    await gateway.database.pool.query(
      `update calls set created_at = date_trunc('month', now(), 'UTC') - interval '10 days' where client_id = 'globex'`,
    );
    page = await dashboard.open('/app', size);
    mouse = mouseOf(page);
  });
  afterAll(() => dashboard.stop());

  const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const heading = (name: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();

  it('1: says why a scenario is paused, and resumes it', async () => {
    await json(dashboard.gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
    await mouse.fromHome();
    await said('Under repair');
    await mouse.click('button', 'Resume scenario 42');
    expect(mouse.clicks()).toBeLessThanOrEqual(2);
    await said('Scenario 42 runs again');
  });

  it('3: invoices all clients for last month', async () => {
    await mouse.fromHome();
    await mouse.menu('Billing');
    await mouse.click('button', /^Invoice \w+$/);
    await mouse.click('button', 'Issue 1');
    expect(mouse.clicks()).toBe(3 + more);
    await said(/^Issued for \w+: 1\.$/);
  });

  it('4: shows the scenario that costs more than yesterday, and its calls', async () => {
    await mouse.fromHome();
    await mouse.click('link', '42', page.getByRole('region', { name: 'Movers since yesterday' }));
    expect(mouse.clicks()).toBe(1);
    await heading('Calls');
    await said('Only 42.');
  });

  it('12: shows what was refused, and why', async () => {
    const tiny = { name: 'Tiny', limit_usd: 0.000001, period: 'day', scope: { client_id: 'tiny' } };
    await json(dashboard.gateway.post('/v1/budgets', tiny), 201);
    expect((await dashboard.gateway.post(chat, hello(), { 'x-client-id': 'tiny' })).status).toBe(402);
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/refusals/summary'))).toMatchObject({ total: 1 }),
    );
    await mouse.fromHome();
    await mouse.click('link', 'Refused 1');
    expect(mouse.clicks()).toBe(1);
    await said(/Budget "Tiny"/);
  });

  it('18: says whether the tokens of the plan last', async () => {
    await mouse.fromHome();
    await page
      .getByRole('region', { name: 'Plan' })
      .getByText(/tokens used\./)
      .waitFor();
    expect(mouse.clicks()).toBe(0);
  });

  it('22: shows whether it is us or OpenAI, and leads to the incident', async () => {
    const incident = { title: 'Slow answers', text: 'We look into it.', severity: 'major' };
    await json(dashboard.owner.send('POST', '/v1/incidents', incident), 201);
    await mouse.fromHome();
    const strip = page.getByRole('region', { name: 'Providers' });
    await strip.getByRole('link', { name: /^OpenAI/ }).waitFor();
    expect(mouse.clicks()).toBe(0);
    await mouse.click('link', /^OpenAI/, strip);
    await said('Slow answers');
    expect(mouse.clicks()).toBe(1);
  });

  it('24: tries it without spending', async () => {
    await mouse.fromHome();
    await mouse.click('switch', 'Test mode');
    await mouse.click('button', 'Send a test call');
    expect(mouse.clicks()).toBe(2);
    await said('The sandbox answered.');
  });
});
