import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** The dashboard under a thumb: 390 pixels wide. */

const screens = [
  ...['', '/clients', '/clients/acme', '/scenarios', '/budgets', '/calls', '/calls?view=refused', '/usage'],
  ...['/usage/speed', '/billing', '/alerts', '/connect', '/keys', '/prompts', '/prompts/reply', '/routing'],
  ...['/routing?tab=auto', '/experiments', '/savings', '/more', '/operator', '/settings', '/settings/people'],
  ...['/settings/sso', '/settings/providers', '/settings/branding', '/settings/security', '/settings/audit'],
].map((path) => `/app${path}`);
/** Lists of things, whose rows are a few lines on a phone. */
const lists = {
  '/app/calls': 'Calls',
  '/app/calls?view=refused': 'Refused calls by the hour',
  '/app/scenarios': 'Scenarios',
  '/app/keys': 'Keys',
  '/app/alerts': 'Latest alerts',
  '/app/billing': 'Invoices',
  '/app/settings/people': 'Members',
  '/app/settings/audit': 'Changes',
  '/app/settings/fallbacks': 'Fallbacks',
  '/app/settings/sso': 'Domains',
};

describe.skipIf(chromiumPath === undefined)(
  `the dashboard on a phone${leftOutWithoutChromium}`,
  { timeout: 180_000 },
  () => {
    let dashboard: Dashboard;
    let page: Page;
    let portal: string;

    beforeAll(awayFromMidnight, 240_000);
    beforeAll(async () => {
      dashboard = await openDashboard();
      const { gateway } = dashboard;
      const headers = { 'x-client-id': 'acme', 'x-scenario-id': '42', 'x-scenario-platform': 'make' };
      await json(gateway.post(chat, hello(), headers));
      await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
      const budget = { name: 'Acme a month', limit_usd: 50, period: 'month', scope: { client_id: 'acme' } };
      await json(gateway.post('/v1/budgets', budget), 201);
      await json(
        gateway.post('/v1/budgets', { ...budget, name: 'None', limit_usd: 0.000001, scope: { client_id: 'none' } }),
        201,
      );
      expect((await gateway.post(chat, hello(), { 'x-client-id': 'none', 'x-scenario-id': '7' })).status).toBe(402);
      await json(gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
      await json(gateway.post('/v1/prompts', { id: 'reply', name: 'Reply' }), 201);
      await json(gateway.send('PUT', '/v1/fallbacks', { 'gpt-4o': ['claude-sonnet-4-6', 'gemini-3.8-flash'] }));
      await json(gateway.post('/v1/domains', { domain: 'agency.example' }), 201);
      const to = new Date().toISOString();
      await json(gateway.post('/v1/invoices', { client_id: 'acme', from: '2026-01-01', to }), 201);
      const link = await json<{ url: string }>(gateway.post('/v1/clients/acme/links', { name: 'Jane' }), 201);
      portal = `/portal${new URL(link.url).hash}`;
      page = await dashboard.open('/app', { width: 390 });
    });
    afterAll(() => dashboard.stop());

    /** The card whose answers come last. */
    const needs = () => page.getByRole('heading', { level: 2, name: 'Needs you (2)' });

    const parts = [
      ['the first seven', screens.slice(0, 7)],
      ['the next seven', screens.slice(7, 14)],
      ['the next seven of the others', screens.slice(14, 21)],
      ['the rest', screens.slice(21)],
    ] as const;
    it.each(parts)('has no control that is lower than a finger on its screens: %s', async (...given) => {
      for (const path of given[1]) {
        await page.goto(path);
        await settled(page);
        if (path === '/app') await needs().waitFor();
        expect([path, await page.evaluate(low)]).toEqual([path, []]);
      }
    });

    it('has no control that is lower than a finger in the portal', async () => {
      const client = await dashboard.open(portal, { width: 390, cookie: undefined });
      await client.getByRole('region', { name: 'Invoices' }).getByRole('table').waitFor();
      expect(await client.evaluate(low)).toEqual([]);
      await client.context().close();
    });

    it('has no control that is lower than a finger in its dialogs', async () => {
      const open = { '/app/budgets': 'New budget', '/app/alerts': 'Slack', '/app/keys': 'New key' };
      for (const [path, button] of Object.entries(open)) {
        await page.goto(path);
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByRole('dialog').waitFor();
        expect([button, await page.evaluate(low)]).toEqual([button, []]);
      }
    });

    it.each(Object.entries(lists))('shows the whole row of a list without scrolling sideways: %s', async (...given) => {
      const [path, name] = given;
      await page.goto(path);
      const list = page
        .getByRole('region', { name, exact: true })
        .filter({ has: page.getByRole('table') })
        .last();
      await list.getByRole('row').nth(1).waitFor();
      expect(await page.evaluate(wider(name))).toBe(0);
      const cells = await list.getByRole('row').nth(1).getByRole('cell').all();
      for (const cell of cells) {
        const { x, width } = (await cell.boundingBox()) ?? { x: 0, width: 1_000 };
        expect(x + width).toBeLessThanOrEqual(390);
      }
    });

    const chosen = ['/app/settings/audit', '/app/clients/acme?tab=history', '/app/routing?tab=explain'];
    it.each(chosen)('has the chosen part of a screen in sight: %s', async (path) => {
      await page.goto(path);
      const link = page.getByRole('main').getByRole('link').and(page.locator('[aria-current="page"]'));
      await link.waitFor();
      const ends = async (): Promise<number[]> => {
        const { x, width } = (await link.boundingBox()) ?? { x: -1, width: 0 };
        return [x, x + width];
      };
      await expect.poll(async () => Math.min(...(await ends()))).toBeGreaterThanOrEqual(0);
      await expect.poll(async () => Math.max(...(await ends()))).toBeLessThanOrEqual(390);
    });

    it('keeps the name of a dialog and its way out in sight while it scrolls', async () => {
      await page.goto('/app/routing');
      await page.getByRole('button', { name: 'New rule' }).click();
      const dialog = page.getByRole('dialog');
      const scrolled = `(() => {
        const dialog = document.querySelector('dialog');
        dialog.scrollTo(0, 10_000);
        return dialog.scrollTop;
      })()`;
      await expect.poll(() => page.evaluate(scrolled)).toBeGreaterThan(100);
      const { y } = (await dialog.getByRole('button', { name: 'Close' }).boundingBox()) ?? { y: -1 };
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(100);
    });

    it('shows what needs somebody before the steps that are left to do', async () => {
      await page.goto('/app');
      const headings = page.getByRole('main').getByRole('heading', { level: 2 });
      await page.getByRole('heading', { name: 'Get started' }).waitFor();
      await needs().waitFor();
      expect((await headings.allTextContents()).slice(0, 2)).toEqual(['Needs you (2)', 'Get started']);
    });
  },
);

/** The pixels of a list that are out of sight at its side. */
const wider = (name: string): string => `(() => {
  const list = [...document.querySelectorAll('section[tabindex][aria-label="${name}"]')].at(-1);
  return list.scrollWidth - list.clientWidth;
})()`;

/** Controls under 40 pixels that a thumb has to hit: a link within a sentence has the height of its line. */
const low = `[...document.querySelectorAll('button, [role="tab"], select, summary, a, input:not([type="hidden"])')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => !(element.tagName === 'A' && getComputedStyle(element).display === 'inline'))
  .map((element) => [element, (element.matches('[type="checkbox"], [type="radio"]') ? element.labels[0] ?? element : element).getBoundingClientRect()])
  .filter(([, { width, height, bottom }]) => bottom > 0 && width > 1 && Math.round(height) < 40)
  .map(([element, { height }]) => Math.round(height) + ' ' + element.tagName + ' ' + (element.getAttribute('aria-label') ?? element.textContent ?? '').slice(0, 40))`;
