import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { deskAndPhone, type Mouse, mouseOf } from '../support/mouse.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** The search takes words for the tasks that have no place in sight. Opening it is one click, and Enter takes its first hit. */

describe.skipIf(chromiumPath === undefined)(`the commands of the search${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await openDashboard();
  });
  afterAll(() => dashboard.stop());

  describe.each(deskAndPhone)('%s', (where, _, size) => {
    let page: Page;
    let mouse: Mouse;
    const dialog = () => page.getByRole('dialog');

    beforeAll(async () => {
      page = await dashboard.open('/app', size);
      mouse = mouseOf(page);
    });
    afterAll(() => page.context().close());

    async function command(words: string): Promise<void> {
      await mouse.fromHome();
      await mouse.search(words);
    }

    /** Deletes all that a list has once the test is over, also where it fails and is repeated. */
    function emptyAtEnd(path: string): void {
      onTestFinished(async () => {
        const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get(path));
        for (const { id } of data) expect((await dashboard.gateway.send('DELETE', `${path}/${id}`)).status).toBe(204);
      });
    }

    it('17: invite an accountant, whose link is shown where no mail is sent', async () => {
      const email = `${where.replaceAll(/\W+/g, '-')}@agency.example`;
      await command('invite');
      await dialog().getByLabel('E-mail').fill(email);
      await dialog().getByLabel('Role').selectOption('viewer');
      await mouse.click('button', 'Send', dialog());
      expect(mouse.clicks()).toBe(2);
      await dialog()
        .getByText(/\/auth\/link#/)
        .waitFor();
      const { data } = await json<{ data: { email: string; role: string }[] }>(
        dashboard.gateway.get('/v1/invitations'),
      );
      expect(data.find((one) => one.email === email)).toMatchObject({ role: 'viewer' });
    });

    it('19: add an account at Claude', async () => {
      emptyAtEnd('/v1/providers');
      await command('provider');
      await mouse.click('button', 'Claude');
      await dialog().getByLabel('API key').fill('sk-ant-own-1234');
      await mouse.click('button', 'Save', dialog());
      expect(mouse.clicks()).toBe(3);
      const accounts = (): Promise<{ data: { kind: string; key_hint: string }[] }> =>
        json(dashboard.gateway.get('/v1/providers'));
      await eventually(async () =>
        expect((await accounts()).data).toMatchObject([{ kind: 'anthropic', key_hint: '1234' }]),
      );
    });

    it('25: connect the identity provider of a domain', async () => {
      emptyAtEnd('/v1/sso-connections');
      await command('sso');
      await page.getByRole('heading', { level: 1, name: /Single sign-on/ }).waitFor();
      await mouse.click('button', 'Add');
      const typed = {
        Name: 'Okta',
        Slug: 'okta',
        Issuer: 'https://idp.example',
        'Client id': 'a',
        'Client secret': 'b',
      };
      for (const [label, text] of Object.entries(typed)) await dialog().getByLabel(label, { exact: true }).fill(text);
      await mouse.click('button', 'Save', dialog());
      expect(mouse.clicks()).toBe(3);
      await page.getByRole('cell', { name: 'Okta', exact: true }).waitFor();
      await page.getByRole('cell', { name: /^(Protocol )?OpenID Connect$/ }).waitFor();
    });

    it('lead to the passkeys of the person', async () => {
      await command('passkey');
      await page.getByRole('button', { name: 'Add', exact: true }).waitFor();
    });

    it('21: stop every live call once the name of the workspace is typed', async () => {
      const { name } = await json<{ name: string }>(dashboard.gateway.get('/v1/workspace'));
      await command('stop');
      const button = dialog().getByRole('button', { name: 'Stop' });
      expect(await button.isDisabled()).toBe(true);
      await dialog().getByLabel(/^Type/).fill(name);
      await mouse.click('button', 'Stop', dialog());
      expect(mouse.clicks()).toBe(2);
      await eventually(async () => expect((await dashboard.gateway.post(chat, hello())).status).toBe(423));
      expect((await dashboard.gateway.send('DELETE', '/v1/stop')).status).toBe(204);
      await eventually(async () => expect((await dashboard.gateway.post(chat, hello())).status).toBe(200));
    });

    it('11: find a call by its id', async () => {
      await dashboard.gateway.post(chat, hello());
      const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get('/v1/usage/requests?limit=1'));
      const id = data[0]?.id ?? '';
      await command(id);
      expect(mouse.clicks()).toBe(1);
      await page.getByRole('dialog', { name: `Call ${id}` }).waitFor();
    });
  });
});
