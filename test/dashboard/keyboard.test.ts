import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import { type Keyboard, keyboardOf } from '../support/keyboard.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { startReceiver } from '../support/receiver.ts';

/** The 26 tasks that people come for, each by keyboard alone and in the number of steps that it takes with a mouse. */

describe.skipIf(chromiumPath === undefined)(`by keyboard alone${leftOutWithoutChromium}`, { timeout: 60_000 }, () => {
  let dashboard: Dashboard;
  let page: Page;
  let keys: Keyboard;

  beforeAll(awayFromMidnight, 240_000);
  beforeAll(async () => {
    dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true' });
    const { gateway } = dashboard;
    const call = (client: string): Promise<unknown> => {
      gateway.fakes.openai.reply({ text: 'x', usage: { input: 100, output: 1_000 } });
      const tags = { 'x-client-id': client, 'x-scenario-id': '42', 'x-scenario-platform': 'make' };
      return json(gateway.post(chat, hello({ max_tokens: 1_000 }), tags));
    };
    for (const client of ['acme', 'globex']) await call(client);
    // One call was last month, so that there is something to invoice; and not in the two days before yesterday, with which the movers are compared, on the first of a month either.
    await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '40 days')::date, 3)`);
    await gateway.database.pool.query(
      `update calls set created_at = date_trunc('month', now(), 'UTC') - interval '10 days' where client_id = 'globex'`,
    );
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
    const budget = { name: 'Acme a month', limit_usd: 50, period: 'month', scope: { client_id: 'acme' } };
    await json(gateway.post('/v1/budgets', budget), 201);
    page = await dashboard.open('/app');
    keys = keyboardOf(page);
    // The first task is not to take the time in which the screen loads.
    await settled(page);
  });
  afterAll(() => dashboard.stop());

  const heading = (name: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();
  const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const closed = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };
  const dialog = () => page.getByRole('dialog').last();
  const main = () => page.getByRole('main');

  /** From Home, with no step so far. */
  async function fromHome(): Promise<void> {
    // Where a task before has failed in the middle of a form.
    if ((await page.getByRole('dialog').count()) > 0) await page.goto('/app');
    // Single keys are letters while somebody types.
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await heading('Home');
    keys.taken();
  }
  async function client(name = 'Acme'): Promise<void> {
    await fromHome();
    await keys.press('link', 'Clients');
    await keys.press('link', name);
    await heading(name);
  }

  it('1: see why scenario 42 is paused, and resume it', async () => {
    await json(dashboard.gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
    await fromHome();
    await said('Under repair');
    await keys.press('button', 'Resume scenario 42');
    expect(keys.taken()).toBeLessThanOrEqual(2);
    await said('Scenario 42 runs again');
  });

  it('2: raise the budget of a client by $20, and take it back', async () => {
    await client();
    await keys.press('button', '+20');
    expect(keys.taken()).toBe(3);
    await said('of $70.00');
    await keys.press('button', 'Undo');
    await said('of $50.00');
    await keys.command('raise acme 20');
    await said('Acme a month is raised by $20.00');
  });

  it('3 and 23: invoice all clients for last month, and take a wrong invoice back', async () => {
    await fromHome();
    await keys.press('link', 'Billing');
    await keys.press('button', /^Invoice \w+$/);
    await keys.press('button', 'Issue 1');
    expect(keys.taken()).toBe(3);
    await said(/^Issued for \w+: 1\.$/);
    await closed();
    const { data } = await json<{ data: { label: string }[] }>(dashboard.gateway.get('/v1/invoices'));
    const label = data[0]?.label ?? '';
    await fromHome();
    await keys.press('link', 'Billing');
    await keys.press('link', label);
    await keys.press('button', 'Void');
    expect(keys.taken()).toBe(3);
    await keys.fill(/^Type/, label);
    await keys.press('button', 'Void', dialog());
    await said('credit note');
  });

  it('4: see which scenario costs more than before, and its calls', async () => {
    await fromHome();
    const movers = page.getByRole('region', { name: 'Movers since yesterday' });
    await keys.press('link', '42', movers);
    expect(keys.taken()).toBe(1);
    await heading('Calls');
    await said('Only 42.');
  });

  it('5: share the portal with a client', async () => {
    await client();
    await keys.press('button', 'Share');
    expect(keys.taken()).toBe(3);
    await dialog()
      .getByText(/\/portal#/)
      .waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/\/portal#/);
    await closed();
  });

  it('6: see the calls that failed over yesterday', async () => {
    await fromHome();
    await keys.press('link', 'Calls');
    await keys.press('button', 'Failed over');
    await keys.press('button', 'Yesterday');
    expect(keys.taken()).toBe(3);
    await said('Failed over, yesterday');
  });

  it('7: compare models by their speed', async () => {
    await fromHome();
    await keys.press('link', 'Usage');
    await keys.press('link', 'Speed');
    expect(keys.taken()).toBe(2);
    await heading('Usage: Speed');
  });

  it('8: connect n8n with a key that is made and copied at once', async () => {
    await fromHome();
    await keys.press('link', 'Connect');
    await keys.press('button', 'n8n');
    await keys.press('button', 'Make key and copy');
    expect(keys.taken()).toBe(3);
    await said('The key is copied');
  });

  it('9: make a key for a client', async () => {
    await client();
    await keys.press('button', 'New key');
    expect(keys.taken()).toBe(3);
    await dialog()
      .getByText(/^gw_live_/)
      .waitFor();
    await closed();
  });

  it('10: roll a leaked key', async () => {
    await json(dashboard.gateway.post('/v1/keys', { name: 'Leaked', role: 'caller' }), 201);
    await fromHome();
    await keys.press('link', 'Keys');
    await keys.press('button', 'Roll Leaked');
    await keys.press('button', 'Roll');
    expect(keys.taken()).toBe(3);
    await dialog()
      .getByText(/^gw_live_/)
      .waitFor();
    await closed();
  });

  it('11: find a call by its request id', async () => {
    const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get('/v1/usage/requests?limit=1'));
    const id = data[0]?.id ?? '';
    await fromHome();
    await keys.command(id);
    expect(keys.taken()).toBe(1);
    await page.getByRole('dialog', { name: `Call ${id}` }).waitFor();
    await closed();
  });

  it('12: see what was refused, and why', async () => {
    const tiny = { name: 'Tiny', limit_usd: 0.000001, period: 'day', scope: { client_id: 'tiny' } };
    await json(dashboard.gateway.post('/v1/budgets', tiny), 201);
    expect((await dashboard.gateway.post(chat, hello(), { 'x-client-id': 'tiny' })).status).toBe(402);
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/refusals/summary'))).toMatchObject({ total: 1 }),
    );
    await fromHome();
    await keys.press('link', 'Refused 1');
    expect(keys.taken()).toBe(1);
    await said(/Budget "Tiny"/);
  });

  it('13: cap each scenario at $5 a day', async () => {
    await fromHome();
    await keys.press('link', 'Budgets');
    await keys.press('button', '$5 a day for each scenario');
    await keys.press('button', 'Save');
    expect(keys.taken()).toBe(3);
    await said('The budget is saved');
  });

  it('14: send alerts to Slack, and see that they arrive', async () => {
    const receiver = await startReceiver();
    await fromHome();
    await keys.press('link', 'Alerts');
    await keys.press('button', 'Slack');
    await keys.fill('Webhook URL', receiver.url);
    await keys.press('button', 'Save and test');
    expect(keys.taken()).toBe(3);
    await said('a test alert has arrived');
    await receiver.stop();
  });

  it('15: export last month by client', async () => {
    await fromHome();
    await keys.press('link', 'Usage');
    await keys.press('button', 'Last month');
    const file = page.waitForEvent('download');
    await keys.press('button', 'Export');
    expect(keys.taken()).toBe(3);
    expect((await file).suggestedFilename()).toMatch(/^usage-by-client-.*\.csv$/);
  });

  it('16: change the markup of a client', async () => {
    await client();
    await keys.press('link', 'Billing', main());
    expect(keys.taken()).toBe(3);
    await keys.fill('Markup %', '25');
    await page.keyboard.press('Enter');
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/clients/acme'))).toMatchObject({ markup_percent: 25 }),
    );
  });

  it('17: invite an accountant', async () => {
    await fromHome();
    await keys.command('invite');
    await keys.fill('E-mail', 'accountant@agency.example');
    await keys.reach(dialog().getByLabel('Role'));
    await page.keyboard.press('v');
    await keys.press('button', 'Send');
    expect(keys.taken()).toBe(2);
    await dialog()
      .getByText(/\/auth\/link#/)
      .waitFor();
    const { data } = await json<{ data: object[] }>(dashboard.gateway.get('/v1/invitations'));
    expect(data).toMatchObject([{ email: 'accountant@agency.example', role: 'viewer' }]);
    await closed();
  });

  it('18: see whether the tokens of the plan last', async () => {
    await fromHome();
    await page
      .getByRole('region', { name: 'Plan' })
      .getByText(/tokens used\./)
      .waitFor();
  });

  it('19: add an account at Claude', async () => {
    await fromHome();
    await keys.command('provider');
    await keys.press('button', 'Claude');
    await keys.fill('API key', 'sk-ant-own-1234');
    await keys.press('button', 'Save', dialog());
    expect(keys.taken()).toBe(3);
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/providers'))).toMatchObject({ data: [{ kind: 'anthropic' }] }),
    );
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('20: see who raised the budget of a client', async () => {
    await client();
    await keys.press('link', 'History');
    expect(keys.taken()).toBe(3);
    await main().getByRole('cell', { name: 'Raised', exact: true }).first().waitFor();
  });

  it('21: stop everything, and start it again', async () => {
    const { name } = await json<{ name: string }>(dashboard.gateway.get('/v1/workspace'));
    await fromHome();
    await keys.command('stop');
    await keys.fill(/^Type/, name);
    await keys.press('button', 'Stop');
    expect(keys.taken()).toBe(2);
    await said('All live calls are stopped');
    expect((await dashboard.gateway.post(chat, hello())).status).toBe(423);
    await keys.press('button', 'Start again');
    await said('Calls go out again');
  });

  it('22: see whether it is us or OpenAI', async () => {
    await fromHome();
    await keys.reach(page.getByRole('region', { name: 'Providers' }).getByRole('link', { name: /^OpenAI/ }));
  });

  it('24: try without spending', async () => {
    await fromHome();
    await keys.press('switch', 'Test mode');
    await keys.press('button', 'Send a test call');
    expect(keys.taken()).toBe(2);
    await said('The sandbox answered.');
    await keys.press('switch', 'Test mode');
  });

  it('25: begin single sign-on for a domain', async () => {
    await fromHome();
    await keys.command('sso');
    await keys.press('button', 'Add');
    await keys.fill('Issuer', 'https://idp.example');
    await keys.reach(dialog().getByRole('button', { name: 'Save' }));
    await page.keyboard.press('Enter');
    // The client id is missing: the field at fault takes the focus and says so.
    await dialog().getByRole('alert').first().waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("aria-invalid")')).toBe('true');
    await closed();
  });

  it('a saved view: save the filters of Calls, and open them again', async () => {
    await fromHome();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await heading('Calls');
    await keys.press('button', 'Refused');
    await keys.press('button', 'Views');
    await keys.fill('Name', 'Refused today');
    await page.keyboard.press('Enter');
    await said('The view Refused today is saved');
    await keys.press('link', 'Clients');
    await heading('Clients');
    await keys.press('link', 'Calls');
    await heading('Calls');
    await keys.press('button', 'Views');
    await keys.press('link', 'Refused today');
    await said('Refused, today');
    await page.waitForURL(/view=refused/);
  });

  it('a new screen takes the focus, so that the next Tab is in it, and a dialog gives it back', async () => {
    await fromHome();
    await keys.press('link', 'Budgets');
    await heading('Budgets');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    await keys.press('button', 'New budget');
    await closed();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('New budget');
  });
});
