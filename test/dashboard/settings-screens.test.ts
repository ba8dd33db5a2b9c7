import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';
import { invited } from '../support/person.ts';

/** Saved views, the parts of Settings that are made by hand, and the screen of the operator. */

describe.skipIf(chromiumPath === undefined)(`views, settings and operator${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true' });
    await json(dashboard.gateway.post(chat, hello(), { 'x-client-id': 'acme', 'x-scenario-id': '42' }));
    page = await dashboard.open('/app');
  });
  // A test that is repeated finds none of its own.
  afterEach(async () => {
    const { owner } = dashboard;
    const { data } = await json<{ data: { id: string }[] }>(owner.get('/v1/views'));
    for (const { id } of data) await owner.send('DELETE', `/v1/views/${id}`);
  });
  afterAll(() => dashboard.stop());

  const said = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const button = (name: string | RegExp, on: Page = page) => on.getByRole('button', { name });
  const dialog = () => page.getByRole('dialog');

  it('save the filters of a screen under a name, open them in a click, and delete them with a way back', async () => {
    await page.goto('/app/calls?view=failed&range=week&client_id=acme');
    await button('Views').click();
    await said('No saved view yet.');
    await page.getByLabel('Name').fill('<b>Acme</b> fails');
    await button('Save this view').click();
    await said('The view <b>Acme</b> fails is saved');
    await page.goto('/app/calls');
    await button('Views').click();
    await page.getByRole('link', { name: '<b>Acme</b> fails' }).click();
    await page.waitForURL(/view=failed&range=week&client_id=acme$/);
    await said('Failed, last 7 days');
    expect(await page.getByRole('region', { name: 'Saved views' }).count()).toBe(0);
    // The same name again takes the filters of now.
    await button('Yesterday').click();
    await button('Views').click();
    await page.getByLabel('Name').fill('<B>acme</b> fails');
    await button('Save over it').click();
    await said('is saved');
    await expect
      .poll(async () => (await json<{ data: { query: string }[] }>(dashboard.owner.get('/v1/views'))).data)
      .toMatchObject([{ query: 'view=failed&range=yesterday&client_id=acme' }]);
    await button('Delete the view <b>Acme</b> fails').click();
    await page.getByText('is deleted').waitFor();
    await button('Undo').click();
    await said('Taken back');
    await button('Views').click();
    await page.getByRole('link', { name: '<b>Acme</b> fails' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('region', { name: 'Saved views' }).count()).toBe(0);
  });

  it('share a view with the workspace, which a viewer opens and cannot delete', async () => {
    for (const [path, name] of [
      ['/app/usage?by=model&range=last_month', 'Models last month'],
      ['/app/clients?search=ac', 'Clients with ac'],
      ['/app/scenarios?state=paused', 'Paused'],
    ] as const) {
      await page.goto(path);
      await button('Views').click();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Share with the workspace').check();
      await button('Save this view').click();
      await said(`The view ${name} is saved`);
    }
    const viewer = await invited(dashboard.gateway, dashboard.owner, { email: 'vera@agency.example', role: 'viewer' });
    const other = await dashboard.open('/app/clients', { cookie: viewer.cookie() });
    await button('Views', other).click();
    expect(await button('Delete the view Clients with ac', other).count()).toBe(0);
    expect(await other.getByLabel('Share with the workspace').count()).toBe(0);
    await other.getByRole('link', { name: 'Clients with ac shared' }).click();
    await expect.poll(() => other.getByLabel('Search').inputValue()).toBe('ac');
    await other.context().close();
  });

  it('change the fallbacks of a model, in their order, and go back to the usual ones', async () => {
    await page.goto('/app/settings/fallbacks');
    await said('No fallbacks of your own');
    await button('Add fallbacks').click();
    await dialog().getByLabel('Model', { exact: true }).fill('gpt-4o');
    await dialog().getByLabel('Fallback 1').fill('claude-sonnet-4-6');
    await dialog().getByRole('button', { name: 'Add a model' }).click();
    await dialog().getByLabel('Fallback 2').fill('gpt-4o-mini');
    await dialog().getByRole('button', { name: 'Move gpt-4o-mini up' }).click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'gpt-4o-mini, then claude-sonnet-4-6' }).waitFor();
    const fallbacks = (): Promise<object> => json(dashboard.gateway.get('/v1/fallbacks'));
    expect(await fallbacks()).toEqual({ 'gpt-4o': ['gpt-4o-mini', 'claude-sonnet-4-6'] });
    // A colleague adds another model meanwhile: both changes stay.
    await button('Change gpt-4o').click();
    await json(dashboard.gateway.send('PUT', '/v1/fallbacks', { ...(await fallbacks()), 'gpt-4o-mini': ['gpt-4o'] }));
    await dialog().getByRole('button', { name: 'Remove gpt-4o-mini' }).click();
    await dialog().getByRole('button', { name: 'Remove claude-sonnet-4-6' }).click();
    await dialog().getByText('None: a call for this model fails').waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await eventually(async () => expect(await fallbacks()).toEqual({ 'gpt-4o': [], 'gpt-4o-mini': ['gpt-4o'] }));
    await button(/^Change gpt-4o$/).click();
    await dialog().getByRole('button', { name: 'Use the gateway’s own' }).click();
    await eventually(async () => expect(await fallbacks()).toEqual({ 'gpt-4o-mini': ['gpt-4o'] }));
    dashboard.expectProblem(/status of 404/);
    await button('Add fallbacks').click();
    await dialog().getByLabel('Model', { exact: true }).fill('gpt-4o');
    await dialog().getByLabel('Fallback 1').fill('no-such-model');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').getByText('no-such-model').waitFor();
    await page.keyboard.press('Escape');
  });

  it('show which account at a provider is refused, as Home does', async () => {
    const { gateway } = dashboard;
    const models = [{ id: 'small', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }];
    const account = { kind: 'openai-compatible', base_url: gateway.fakes.openai.baseUrl, models };
    const suffix = randomBytes(3).toString('hex');
    const [good, wrong] = [`good-${suffix}`, `wrong-${suffix}`];
    for (const name of [good, wrong])
      await json(
        gateway.post('/v1/providers', { ...account, name, api_key: name === good ? 'key-good' : 'key-wrong' }),
        201,
      );
    expect((await gateway.post(chat, hello({ model: `${wrong}/small` }))).ok).toBe(false);
    await page.goto('/app/settings/providers');
    const accounts = page.getByRole('region', { name: 'Accounts' }).last().getByRole('row');
    await accounts.filter({ hasText: wrong }).getByText('Refuses the account').waitFor();
    await accounts.filter({ hasText: good }).getByText('Working').waitFor();
  });

  it('show the code in descriptions as code, without the marks of the contract', async () => {
    await page.goto('/app/settings/operations?operation=providers.create');
    await dialog().getByText('A vendor’s own name').getByText('name/model').waitFor();
    await page.getByRole('main').getByText('auto', { exact: true }).first().waitFor();
    for (const part of [dialog(), page.getByRole('main')]) expect(await part.textContent()).not.toContain('`');
  });

  it('show the logo and the accent with its contrast before they are saved, and refuse what is no picture', async () => {
    await page.goto('/app/settings/branding');
    const logo = page.getByLabel('Logo', { exact: true });
    await logo.setInputFiles({ name: 'a.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    await said('This file is not a PNG, JPEG or WebP.');
    await logo.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.alloc(200_001) });
    await said('This file has 201 kB.');
    await logo.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: pixel });
    await expect.poll(() => page.getByRole('img', { name: 'The logo' }).count()).toBe(2);
    await page.getByLabel('Accent', { exact: true }).fill('#ffcc00');
    const preview = page.getByRole('region', { name: 'Preview' });
    // As in the portal, the logo is there in the place of the name.
    expect(await preview.getByText('My workspace').count()).toBe(0);
    await preview
      .getByText(/On light: #ffcc00 has a contrast of 1\.\d to 1, too little to read\. It shows as #/)
      .waitFor();
    await preview.getByText(/On dark: a contrast of 1\d\.\d to 1, readable\./).waitFor();
    await button('Save').click();
    await said('The branding is saved');
    expect(await json(dashboard.gateway.get('/v1/workspace'))).toMatchObject({
      branding: { accent: '#ffcc00', logo: `data:image/png;base64,${pixel.toString('base64')}` },
    });
    await page.reload();
    await button('Remove the logo').click();
    await button('Save').click();
    await eventually(async () =>
      expect(await json(dashboard.gateway.get('/v1/workspace'))).toMatchObject({
        branding: { accent: '#ffcc00', logo: null },
      }),
    );
  });

  it('show the operator every workspace with its month, and open one', async () => {
    await page.goto('/app/operator');
    await button('Create a workspace').click();
    await dialog().getByLabel('Name').fill('Second agency');
    await dialog().getByRole('button', { name: 'Create' }).click();
    await dialog()
      .getByText(/^gw_live_/)
      .waitFor();
    await page.keyboard.press('Escape');
    const row = page.getByRole('region', { name: 'Workspaces' }).getByRole('row');
    await row.filter({ hasText: 'Second agency' }).getByText('running').waitFor();
    await page.getByLabel('Search').fill('second');
    await expect.poll(() => row.count()).toBe(2);
    // Only members open a workspace: the operator sees that it is there, and nothing in it.
    expect(await button('Open Second agency').count()).toBe(0);
    await button('Delete Second agency').click();
    await dialog().getByLabel(/^Type/).fill('Second agency');
    await dialog().getByRole('button', { name: 'Delete' }).click();
    await said('No workspace has this name.');
  });

  it('show the operator the health of the gateway, and publish an incident with its end', async () => {
    await page.goto('/app/operator');
    const health = page.getByRole('region', { name: 'Health' });
    await health.getByText(/^Postgres \d/).waitFor();
    await health.getByText('Nothing needs you').or(health.getByText('Look at this').first()).waitFor();
    expect(await health.getByRole('row').count()).toBeGreaterThanOrEqual(2);
    await page.getByRole('region', { name: 'Providers and parts' }).getByRole('cell', { name: 'OpenAI' }).waitFor();
    await button('Open an incident').click();
    await dialog().getByLabel('Title').fill('Slow answers');
    await dialog().getByLabel('Text').fill('We look into it.');
    await dialog().getByRole('button', { name: 'Publish' }).click();
    await button('Update Slow answers').click();
    await dialog().getByLabel('Text').fill('It is over.');
    await dialog().getByLabel('State').selectOption('resolved');
    await dialog().getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('region', { name: 'Incidents' }).getByRole('cell', { name: 'resolved' }).waitFor();
    expect(await button('Update Slow answers').count()).toBe(0);
    const people = page.getByRole('region', { name: 'People' });
    await people.getByRole('cell', { name: 'ada@agency.example', exact: true }).waitFor();
  });

  it.each([
    ['light, 1440 pixels wide', {}, ['/app/settings/fallbacks', '/app/settings/branding', '/app/operator']],
    ['dark, 390 pixels wide', { theme: 'dark', width: 390 }, ['/app/settings/branding', '/app/operator']],
  ] as const)('have no serious fault that axe finds: %s', { timeout: 120_000 }, async (_, options, paths) => {
    const before = async (on: Page): Promise<void> => button('Views', on).click();
    expect(await dashboard.faultsByAxe('/app/calls', { ...options, before })).toEqual([]);
    for (const path of paths) expect([path, await dashboard.faultsByAxe(path, options)]).toEqual([path, []]);
  });
});

/** One grey pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mM8c+bMfwAGgAL+eRR5JwAAAABJRU5ErkJggg==',
  'base64',
);
