import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** An owner who has seen none of this before: each step says what it brought about and what comes next. */
describe.skipIf(chromiumPath === undefined)(`a newcomer${leftOutWithoutChromium}`, { timeout: 60_000 }, () => {
  let dashboard: Dashboard;
  let mailbox: Mailbox;
  let page: Page;
  const dialog = () => page.getByRole('dialog');

  beforeAll(async () => {
    mailbox = await startMailbox();
    dashboard = await openDashboard({ SMTP_URL: mailbox.url });
    await json(dashboard.gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
    page = await dashboard.open('/app');
  });
  afterAll(async () => {
    await dashboard?.stop();
    await mailbox?.stop();
  });

  const call = (headers: Record<string, string>, outputTokens: number, body: object = {}): Promise<Response> => {
    dashboard.gateway.fakes.openai.reply({ text: 'Hello.', usage: { input: 100, output: outputTokens } });
    return dashboard.gateway.post(chat, hello(body), headers);
  };

  it('is led to the first call by every list of calls that is empty', async () => {
    for (const path of ['/app/calls', '/app/usage', '/app/usage/speed', '/app/savings']) {
      await page.goto(path);
      await page.getByRole('link', { name: 'Connect Make, Zapier, n8n or your own code' }).waitFor();
    }
  });

  it('gets alerts by e-mail without an error: the address waits for its link, and says so', async () => {
    await page.goto('/app/alerts');
    await page.getByRole('button', { name: 'E-mail' }).click();
    // The own address is filled in.
    expect(await dialog().getByLabel('E-mail').inputValue()).toBe('ada@agency.example');
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('ada@agency.example has mail').waitFor();
    await dialog().waitFor({ state: 'detached' });
    const row = page.getByRole('row').filter({ hasText: 'ada@agency.example' });
    await row.getByText('Waits for the link in its mail').waitFor();
    expect(await row.textContent()).not.toMatch(/mailto:|budget\.|unconfirmed/);
    expect(await row.getByRole('button', { name: /^Test/ }).count()).toBe(0);
    const [link = ''] = /http:\S+\/webhooks\/confirm\/[\w-]+/.exec(await mailbox.newest('ada@agency.example')) ?? [];
    await page.goto(link);
    await page.getByRole('button', { name: 'Send me alerts' }).click();
    await page.goto('/app/alerts');
    await row.getByText('Gets alerts').waitFor();
  });

  it('learns at the field that an address is none, in words of the channel', async () => {
    for (const [channel, field, fault] of [
      ['Slack', 'Webhook URL', 'Paste the whole address from Slack'],
      ['E-mail', 'E-mail', 'Write one address'],
      ['Webhook', 'Webhook URL', 'Write the whole address'],
    ] as const) {
      await page.goto('/app/alerts');
      await page.getByRole('button', { name: channel, exact: true }).click();
      await dialog().getByLabel(field).fill('nonsense');
      await dialog().getByRole('button', { name: /^Save/ }).click();
      await dialog().getByText(fault).waitFor();
      expect(await dialog().getByLabel(field).getAttribute('aria-invalid')).toBe('true');
      await expect.poll(() => page.evaluate(`document.activeElement.getAttribute('aria-invalid')`)).toBe('true');
      expect(await dialog().textContent()).not.toContain('`');
    }
  });

  it('connects Make, Zapier and n8n without an app of ours, each value ready to copy, and learns that localhost is reached by none', async () => {
    for (const [platform, secret, field, value] of [
      ['Make', 'Header Authorization', 'Header Authorization', /^Bearer gw_live_/],
      ['Zapier', 'Header Authorization', 'URL', /\/v1\/chat\/completions$/],
      ['n8n', 'API Key', 'Base URL', /\/v1$/],
    ] as const) {
      await page.goto('/app/connect');
      await page.getByRole('button', { name: platform, exact: true }).click();
      await page.getByText(new RegExp(`${platform}.* cannot reach it`)).waitFor();
      expect(await page.getByRole('button', { name: `Copy ${secret}` }).count()).toBe(0);
      await page.getByRole('button', { name: 'Make key and copy' }).click();
      await page.getByText('The key is copied').first().waitFor();
      await page.getByRole('button', { name: `Copy ${field}` }).click();
      await expect.poll(() => page.evaluate<string>('navigator.clipboard.readText()')).toMatch(value);
    }
  });

  it('raises a budget where the link of its alert leads', async () => {
    const budget = { name: 'Each scenario', limit_usd: 0.02, period: 'day', scope: { scenario_id: '*' } };
    const { id } = await json<{ id: string }>(dashboard.gateway.post('/v1/budgets', budget), 201);
    await call({ 'x-scenario-id': 'newsletter', 'x-client-id': 'acme' }, 1_900, { max_tokens: 1_000 });
    const alert = await mailbox.with('ada@agency.example', 'Budget "Each scenario" has reached');
    expect(alert).toContain('scenario newsletter');
    const [link = ''] = /http:\/\/localhost:\S+\/app\/budgets\?budget=\w+/.exec(alert) ?? [];
    expect(link).toContain(id);
    await page.goto(link);
    await dialog().getByText('Calls of each scenario by itself, a day.').waitFor();
    await dialog().getByRole('button', { name: '+20' }).click();
    await eventually(async () =>
      expect(await json(dashboard.gateway.get(`/v1/budgets/${id}`))).toMatchObject({ limit_usd: 20.02 }),
    );
    await page.goto('/app');
    await json(dashboard.gateway.send('DELETE', `/v1/budgets/${id}`), 204);
  });

  it('reads on Home which scenario has used up the budget that each one has', async () => {
    const budget = { name: 'Each of them', limit_usd: 0.01, period: 'day', scope: { scenario_id: '*' } };
    await json(dashboard.gateway.post('/v1/budgets', budget), 201);
    await call({ 'x-scenario-id': 'loop-42' }, 1_900, { max_tokens: 500 });
    await page.goto('/app');
    await page
      .getByRole('region', { name: /^Needs you/ })
      .getByText('Each of them for loop-42')
      .waitFor();
    await page.goto('/app/budgets');
    await page.getByRole('button', { name: 'Limit reached' }).waitFor();
  });

  it('learns why a call failed and what to do', async () => {
    const { fakes } = dashboard.gateway;
    const broken = Array.from({ length: 4 }, () => ({ kind: 'status' as const, status: 500 }));
    for (const fake of [fakes.openai, fakes.anthropic, fakes.gemini]) fake.fault(...broken);
    const answer = await dashboard.gateway.post(chat, hello(), { 'x-client-id': 'acme' });
    await answer.text();
    expect(answer.status).toBe(503);
    fakes.reset();
    await page.goto(`/app/calls?call=${answer.headers.get('x-request-id')}`);
    await dialog().getByText('Every provider that could answer this call failed.').waitFor();
    await dialog().getByText('Failed (500)').first().waitFor();
    await dialog().getByRole('link', { name: 'Open the providers' }).click();
    await page.getByRole('heading', { level: 1, name: 'Settings: Providers' }).waitFor();
  });

  it('issues an invoice, takes it back and reads what each step has done', async () => {
    await json(call({ 'x-client-id': 'acme' }, 50_000));
    await page.goto('/app/clients/acme');
    await page.getByRole('button', { name: 'Invoice', exact: true }).click();
    expect(await dialog().getByLabel('Period').inputValue()).toMatch(/^\d{4}-\d\d$/);
    await dialog().getByLabel('Period').fill(new Date().toISOString().slice(0, 7));
    await dialog().getByRole('button', { name: 'Issue' }).click();
    await dialog()
      .getByText(/^Invoice 1 over \$0\.\d+ is issued\.$/)
      .waitFor();
    await dialog().getByText('This address works on this computer only.').waitFor();
    await dialog().getByRole('button', { name: 'Done' }).click();
    await page.goto('/app/billing');
    await page.getByRole('link', { name: '1', exact: true }).click();
    await dialog().getByRole('button', { name: 'Void' }).click();
    await dialog().getByText('A credit note over the same amount takes the invoice back.').waitFor();
    await dialog().getByLabel('Type 1 to confirm').fill('1');
    await dialog().getByRole('button', { name: 'Void' }).click();
    await dialog()
      .getByText(/^Credit note 2 over \$0\.\d+ takes the invoice back\./)
      .waitFor();
    await dialog().getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: '2', exact: true }).click();
    await dialog().getByRole('heading', { name: 'Credit note 2' }).waitFor();
  });

  it('sees what a plan costs that was bought, also where the gateway sells it no longer', async () => {
    await dashboard.gateway.database.pool.query(
      `insert into bought_plans (workspace_id, customer_id, subscription_id, status, changed_at)
       select id, 'cus_1', 'sub_1', 'active', now() from workspaces`,
    );
    await page.goto('/app/billing');
    await page.getByText(/tokens, overage \$0\.00\. The period ends/).waitFor();
    expect(await page.getByRole('button', { name: 'Manage the plan' }).count()).toBe(0);
    await dashboard.gateway.database.pool.query('delete from bought_plans');
  });

  it('is offered no plan by a gateway that sells none', async () => {
    await page.goto('/app/billing');
    await page.getByText('This gateway sells no plan').waitFor();
    expect(await page.getByRole('button', { name: 'Buy the plan' }).count()).toBe(0);
  });

  it('invites a colleague and reads that the mail is on its way', async () => {
    await page.goto('/app/settings/people');
    await page.getByRole('button', { name: 'Invite' }).click();
    await dialog().getByLabel('E-mail').fill('bea@agency.example');
    await dialog().getByLabel('Role').selectOption('member');
    await dialog().getByRole('button', { name: 'Send' }).click();
    await dialog()
      .getByText(
        /^A mail with this link is on its way to bea@agency\.example\. If it does not arrive, send the link yourself\. It works once, until /,
      )
      .waitFor();
    const mail = await mailbox.newest('bea@agency.example');
    expect(mail).toContain('You are invited to the workspace "');
    expect(mail).toContain(
      'As a member you do the daily work there: clients, budgets, scenarios, prompts and invoices.',
    );
  });

  it('meets no serious fault that axe finds on Connect, and no page wider than a phone', async () => {
    const path = '/app/connect?with=make';
    expect(await dashboard.faultsByAxe(path, { theme: 'dark', width: 390 })).toEqual([]);
    const phone = await dashboard.open(path, { width: 390 });
    await settled(phone);
    expect(await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await phone.context().close();
  }, 120_000);
});
