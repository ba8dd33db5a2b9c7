import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

const built = fileURLToPath(new URL('../../gateway/dashboard/dist/', import.meta.url));

describe.skipIf(chromiumPath === undefined)(`the frame of the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard();
  });
  afterAll(() => dashboard.stop());

  it('loads at most 250 kB of scripts, gzipped, before Home is there', async () => {
    const loaded = new Set<string>();
    const page = await dashboard.open('/app/sign-in', { cookie: undefined });
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) loaded.add(response.url().split('/').at(-1) ?? '');
    });
    const [name = '', value = ''] = dashboard.owner.cookie().split('=');
    await page.context().addCookies([{ name, value, url: dashboard.url }]);
    await page.goto('/app');
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    await settled(page);
    expect(loaded.size).toBeGreaterThan(1);
    const bytes = readdirSync(`${built}assets`)
      .filter((file) => loaded.has(file))
      .reduce((sum, file) => sum + gzipSync(readFileSync(`${built}assets/${file}`), { level: 9 }).length, 0);
    console.log(`first load of Home: ${(bytes / 1000).toFixed(0)} kB of scripts, gzipped`);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(250_000);
    await page.context().close();
  });

  it('has a link to each screen, whose heading and title are its name', async () => {
    const page = await dashboard.open('/app');
    const menu = page.getByRole('navigation', { name: 'Screens' });
    const names = ['Home', 'Clients', 'Scenarios', 'Budgets', 'Calls', 'Usage', 'Billing', 'Alerts', 'Connect', 'Keys'];
    for (const name of [...names, 'Prompts', 'Routing', 'Experiments', 'Savings', 'Settings', 'Operator']) {
      await menu.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      expect(await page.title()).toContain(name);
    }
    await page.context().close();
  });

  it('calls only the page that is open the current one, and not the list that its heading leads back to', async () => {
    const { gateway } = dashboard;
    const suffix = randomBytes(3).toString('hex');
    const prompt = `reply-${suffix}`;
    await json(gateway.post('/v1/prompts', { id: prompt, name: 'Reply' }), 201);
    const arms = ['gpt-4o', 'gpt-4o-mini'].map((model) => ({ name: model, weight: 1, model }));
    const experiment = { name: `tone-${suffix}`, unit: 'client', arms, metric: 'cost' };
    const made = await json<{ id: string }>(gateway.post('/v1/experiments', experiment), 201);
    const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/keys'));
    const lists = {
      [`/app/experiments/${made.id}`]: 'Experiments',
      [`/app/prompts/${prompt}`]: 'Prompts',
      [`/app/keys?key=${data[0]?.id}`]: 'All keys',
      '/app/calls?scenario_id=42': 'Show all',
    };
    const page = await dashboard.open('/app');
    for (const [path, name] of Object.entries(lists)) {
      await page.goto(path);
      const link = page.getByRole('main').getByRole('link', { name, exact: true });
      await link.waitFor();
      expect([path, await link.getAttribute('aria-current')]).toEqual([path, null]);
    }
    await page.context().close();
  });

  it('has a bar at the bottom of a phone, whose last link leads to the other screens, and nothing runs off the side', async () => {
    const page = await dashboard.open('/app', { width: 390, theme: 'dark' });
    const bar = page.getByRole('navigation', { name: 'Main screens' });
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    expect(await bar.getByRole('link').allInnerTexts()).toEqual(['Home', 'Clients', 'Scenarios', 'Calls', 'More']);
    await bar.getByRole('link', { name: 'More' }).click();
    await page.getByRole('heading', { level: 1, name: 'More' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Budgets' }).click();
    await page.getByRole('heading', { level: 1, name: 'Budgets' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.context().close();
  });

  it('leads who is not signed in to the sign-in, and the printed link to Home', async () => {
    const page = await dashboard.open('/app/budgets', { cookie: undefined });
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    for (const name of ['E-mail', 'Password']) expect(await page.getByLabel(name).isVisible()).toBe(true);
    for (const name of ['Sign in', 'Sign in with a passkey'])
      expect(await page.getByRole('button', { name, exact: true }).isVisible()).toBe(true);
    await page.context().close();
  });

  it('answers a forgotten password without a hint at who has an account', async () => {
    const page = await dashboard.open('/app/sign-in', { cookie: undefined });
    await page.getByLabel('E-mail').fill('nobody@agency.example');
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await page.getByText('If the address has an account, a link is on its way.').waitFor();
    expect(await page.getByLabel('Password').count()).toBe(1);
    await page.context().close();
  });

  it('shows test data behind a striped banner while the switch is on, also after a reload', async () => {
    const page = await dashboard.open('/app');
    const modes: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/')) modes.push(request.headers()['x-gateway-mode']);
    });
    await page.getByRole('switch', { name: 'Test mode' }).click();
    await page.getByText('Test mode: test data only').waitFor();
    modes.length = 0;
    await page.reload();
    await page.getByText('Test mode: test data only').waitFor();
    await expect.poll(() => modes.includes('test')).toBe(true);
    await page.getByRole('switch', { name: 'Test mode' }).click();
    await expect.poll(() => page.getByText('Test mode: test data only').count()).toBe(0);
    await page.context().close();
  });

  it('opens everything by keyboard: a search whose first hit Enter takes, and a list of shortcuts that Escape closes', async () => {
    const page = await dashboard.open('/app');
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    await page.keyboard.press('Control+k');
    const search = page.getByRole('dialog', { name: 'Search and commands' });
    expect(await search.getAttribute('aria-modal')).toBe('true');
    expect(await search.getByRole('combobox').count()).toBe(1);
    await page.keyboard.type('all');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('bill');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Billing' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('k');
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
    await page.context().close();
  });

  it('has no serious fault that axe finds, in both themes and on a phone', async () => {
    for (const path of ['/app', '/app/settings/operations', '/app/settings/operations?operation=budgets.create'])
      expect([path, await dashboard.faultsByAxe(path)]).toEqual([path, []]);
    expect(await dashboard.faultsByAxe('/app', { theme: 'dark', width: 390 })).toEqual([]);
    expect(await dashboard.faultsByAxe('/app/sign-in', { theme: 'dark', cookie: undefined })).toEqual([]);
    const openSearch = async (page: import('playwright-core').Page): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
    };
    expect(await dashboard.faultsByAxe('/app', { before: openSearch })).toEqual([]);
  }, 180_000);
});
