import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** The search takes words for the tasks that have no place in sight. Opening it counts as one click. */

describe.skipIf(chromiumPath === undefined)(`the commands of the search${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    dashboard = await openDashboard();
    page = await dashboard.open('/app');
  });
  afterEach(() => page.goto('/app'));
  afterAll(() => dashboard.stop());

  async function command(words: string): Promise<void> {
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(words);
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
  }

  it('invite an accountant, whose link is shown where no mail is sent', async () => {
    await command('invite');
    const form = page.getByRole('dialog');
    await form.getByLabel('E-mail').fill('accountant@agency.example');
    await form.getByLabel('Role').selectOption('viewer');
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByText(/\/auth\/link#/).waitFor();
    const { data } = await json<{ data: { email: string; role: string }[] }>(dashboard.gateway.get('/v1/invitations'));
    expect(data).toMatchObject([{ email: 'accountant@agency.example', role: 'viewer' }]);
  });

  it('add an account at Claude', async () => {
    await command('provider');
    await page.getByRole('button', { name: 'Claude' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('API key').fill('sk-ant-own-1234');
    await form.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => {
      const { data } = await json<{ data: { kind: string; key_hint: string }[] }>(
        dashboard.gateway.get('/v1/providers'),
      );
      expect(data).toMatchObject([{ kind: 'anthropic', key_hint: '1234' }]);
    });
  });

  it('begin single sign-on', async () => {
    await command('sso');
    await page.getByRole('heading', { level: 1, name: /Single sign-on/ }).waitFor();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    expect(await page.getByRole('dialog').getByLabel('Issuer').isVisible()).toBe(true);
  });

  it('lead to the passkeys of the person', async () => {
    await command('passkey');
    await page.getByRole('button', { name: 'Add', exact: true }).waitFor();
  });

  it('stop every live call once the name of the workspace is typed', async () => {
    const { name } = await json<{ name: string }>(dashboard.gateway.get('/v1/workspace'));
    await command('stop');
    const form = page.getByRole('dialog');
    const button = form.getByRole('button', { name: 'Stop' });
    expect(await button.isDisabled()).toBe(true);
    await form.getByLabel(/^Type/).fill(name);
    await button.click();
    await eventually(async () => expect((await dashboard.gateway.post(chat, hello())).status).toBe(423));
    expect((await dashboard.gateway.send('DELETE', '/v1/stop')).status).toBe(204);
    await eventually(async () => expect((await dashboard.gateway.post(chat, hello())).status).toBe(200));
  });

  it('find a call by its id', async () => {
    await dashboard.gateway.post(chat, hello());
    const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get('/v1/usage/requests?limit=1'));
    const id = data[0]?.id ?? '';
    await command(id);
    await page.getByRole('dialog', { name: `Call ${id}` }).waitFor();
  });
});
