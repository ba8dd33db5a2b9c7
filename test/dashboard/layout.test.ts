import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** Paper, magnified pages, long texts, names from right to left, and the pages for everybody. */

const paths = [
  ...[
    '/app',
    '/app/clients',
    '/app/clients/acme',
    '/app/scenarios',
    '/app/budgets',
    '/app/calls',
    '/app/calls?view=refused',
  ],
  ...[
    '/app/usage',
    '/app/usage/tokens',
    '/app/usage/speed',
    '/app/billing',
    '/app/alerts',
    '/app/connect',
    '/app/keys',
  ],
  ...[
    '/app/settings',
    '/app/settings/people',
    '/app/settings/sso',
    '/app/settings/providers',
    '/app/settings/fallbacks',
  ],
  ...['/app/settings/branding', '/app/settings/security', '/app/settings/audit', '/app/operator'],
];
/** Screens that have tests of their own for phones. */
const others = ['/app/prompts', '/app/routing', '/app/experiments', '/app/savings'];
/** Those with most on them. */
const full = ['/app', '/app/clients/acme', '/app/calls', '/app/usage', '/app/operator'];
const arabic = 'شركة الاختبار للتسويق الرقمي';

describe.skipIf(chromiumPath === undefined)(
  `the pages of the dashboard${leftOutWithoutChromium}`,
  {
    timeout: 90_000,
  },
  () => {
    let dashboard: Dashboard;
    let invoice: string;

    beforeAll(async () => {
      dashboard = await openDashboard();
      const { gateway } = dashboard;
      for (const client of ['acme', 'arabic'])
        await json(gateway.post(chat, hello(), { 'x-client-id': client, 'x-scenario-id': '42' }));
      gateway.fakes.openai.reply({ text: 'Yes.', usage: { input: 20_000, output: 0 } });
      await json(gateway.post(chat, hello({ model: 'gpt-4o' }), { 'x-client-id': 'even' }));
      await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
      await json(gateway.send('PUT', '/v1/clients/arabic', { name: arabic }));
      const budget = { name: 'Acme a month', limit_usd: 50, period: 'month', scope: { client_id: 'acme' } };
      await json(gateway.post('/v1/budgets', budget), 201);
      const to = new Date().toISOString();
      const made = await json<{ url: string }>(
        gateway.post('/v1/invoices', { client_id: 'acme', from: '2026-01-01', to }),
        201,
      );
      const { pathname, search } = new URL(made.url);
      invoice = `${pathname}${search}`;
    });
    afterAll(() => dashboard.stop());

    const runsOff = (page: Page): Promise<boolean> =>
      page.evaluate('document.documentElement.scrollWidth > innerWidth');

    const sizes = [
      ['at 400 % and on a phone, the first eight', { zoomed: 320, usual: 390 }, paths.slice(0, 8)],
      ['at 400 % and on a phone, the next eight', { zoomed: 320, usual: 390 }, paths.slice(8, 16)],
      ['at 400 % and on a phone, the others', { zoomed: 320, usual: 390 }, paths.slice(16)],
      ['at 200 % and on a wide screen, the fullest', { zoomed: 720, usual: 1440 }, full],
    ] as const;
    // At 400 % 320 pixels are left. Texts are longer by 40 % in another language.
    it.each(sizes)('run off no side, and cut no button where texts are longer: %s', async (...given) => {
      const [, { zoomed, usual }, some] = given;
      const page = await dashboard.open('/app', { width: zoomed });
      for (const path of some) {
        await page.setViewportSize({ width: zoomed, height: 844 });
        await page.goto(path);
        await settled(page);
        expect([zoomed, path, await runsOff(page)]).toEqual([zoomed, path, false]);
        await page.setViewportSize({ width: usual, height: 844 });
        await page.evaluate(drawn);
        await page.evaluate(lengthen);
        expect([usual, path, await runsOff(page)]).toEqual([usual, path, false]);
        expect([usual, path, await page.evaluate(cutTexts)]).toEqual([usual, path, []]);
      }
      await page.context().close();
    });

    it('have no serious fault that axe finds beside the menu of a small screen, in both themes', {
      timeout: 300_000,
    }, async () => {
      for (const path of [...paths, ...others])
        expect([path, await dashboard.faultsByAxe(path, { width: 1024, bothThemes: true })]).toEqual([path, []]);
    });

    it('have the buttons of each scenario in sight beside the menu of a small screen', async () => {
      const page = await dashboard.open('/app/scenarios', { width: 1024 });
      const last = page.getByRole('button', { name: 'Limits of scenario 42' });
      await last.waitFor();
      const list = page.getByRole('region', { name: 'Scenarios', exact: true });
      const rightOf = async (one: typeof last): Promise<number> => {
        const { x, width } = (await one.first().boundingBox()) ?? { x: 0, width: 0 };
        return x + width;
      };
      expect(await rightOf(last)).toBeGreaterThan(0);
      expect(await rightOf(last)).toBeLessThanOrEqual(await rightOf(list));
      await page.context().close();
    });

    it('put the points of the amounts of a column below each other', async () => {
      const page = await dashboard.open('/app/clients');
      const costs = page.getByRole('cell', { name: /^\$/ });
      await expect.poll(() => costs.count()).toBeGreaterThanOrEqual(6);
      const shown = await page.evaluate<{ text: string; at: number }[]>(pointsOfCosts);
      expect(new Set(shown.map(({ text }) => text.length)).size).toBeGreaterThan(1);
      expect(new Set(shown.map(({ at }) => at)).size).toBe(1);
      await page.context().close();
    });

    it('have the total of an invoice in sight on a phone', async () => {
      const page = await dashboard.open('/app/billing', { width: 390 });
      const total = page.getByRole('region', { name: 'Invoices' }).getByRole('cell', { name: /^\$/ });
      await total.first().waitFor();
      const { x, width } = (await total.first().boundingBox()) ?? { x: 0, width: 1_000 };
      expect(x + width).toBeLessThanOrEqual(390);
      await page.context().close();
    });

    it('show a name from right to left in its own direction, and the words around it in theirs', async () => {
      const page = await dashboard.open('/app/clients/arabic');
      const heading = page.getByRole('heading', { level: 1, name: arabic });
      await heading.waitFor();
      expect(await heading.and(page.locator(':dir(rtl)')).count()).toBe(1);
      expect(await page.evaluate('document.documentElement.matches(":dir(ltr)")')).toBe(true);
      await page.goto('/app/clients');
      const name = page.getByRole('link', { name: arabic }).locator('bdi');
      await name.and(page.locator(':dir(rtl)')).waitFor();
      await page.context().close();
    });

    it('print a client, its usage and an invoice without the menus and buttons, and with their range', async () => {
      const page = await dashboard.open('/app/clients/acme');
      await page.emulateMedia({ media: 'print' });
      const printed = { '/app/clients/acme': 'This month', '/app/usage': 'UTC time', '/app/usage/speed': 'This month' };
      for (const [path, range] of Object.entries(printed)) {
        await page.goto(path);
        await settled(page);
        expect(await page.getByText(range).first().isVisible()).toBe(true);
        for (const role of ['navigation', 'button', 'switch', 'searchbox'] as const)
          expect([path, role, await page.getByRole(role).filter({ visible: true }).allInnerTexts()]).toEqual([
            path,
            role,
            [],
          ]);
        expect(await runsOff(page)).toBe(false);
      }
      await page.goto(invoice);
      await page.getByText('Acme').first().waitFor();
      expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0);
      await page.context().close();
    });

    it('of the status have no serious fault that axe finds, in both themes and on a phone', {
      timeout: 120_000,
    }, async () => {
      await json(
        dashboard.owner.send('POST', '/v1/incidents', {
          title: 'Slow answers',
          text: 'We look into it.',
          severity: 'major',
        }),
        201,
      );
      const { incidents } = await json<{ incidents: { id: string }[] }>(dashboard.gateway.get('/status.json'));
      const status = ['/status', '/status/history', `/status/incidents/${incidents[0]?.id}`];
      for (const path of status)
        for (const options of [{}, { theme: 'dark', width: 390 }] as const)
          expect([path, await dashboard.faultsByAxe(path, { ...options, cookie: undefined })]).toEqual([path, []]);
      const page = await dashboard.open('/status', { cookie: undefined, width: 320 });
      for (const path of status) {
        await page.goto(path);
        expect([path, await runsOff(page)]).toEqual([path, false]);
      }
      await page.context().close();
    });
  },
);

/** The amounts of the column Cost, each with the place of its point. */
const pointsOfCosts = `[...document.querySelectorAll('td:nth-child(3)')]
  .map((cell) => [...cell.querySelectorAll('span')].at(-1)?.firstChild)
  .filter((text) => text?.data?.includes('.'))
  .map((text) => {
    const range = document.createRange();
    range.setStart(text, text.data.indexOf('.'));
    range.setEnd(text, text.data.indexOf('.') + 1);
    return { text: text.data, at: Math.round(range.getBoundingClientRect().x) };
  })`;

/** Two frames later a page is drawn for its new size. */
const drawn = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`;

/** A pseudo-locale of what is on screen: accents on the vowels, and 40 % more. Names of others and numbers stay. */
const lengthen = `(() => {
  const accents = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    if (node.parentElement.closest('bdi, code, pre, script, style, time') || !/[a-z]{2}/i.test(node.data)) continue;
    const text = node.data.replace(/[aeiou]/gi, (letter) => accents[letter]);
    node.data = text + ' ' + 'ẋýż '.repeat(Math.ceil((text.trim().length * 0.4) / 4)).trim();
  }
})()`;

/** Buttons, tabs and links of the menu whose text is wider or higher than they are. */
const cutTexts = `[...document.querySelectorAll('main button, main a, nav a, header button')]
  .filter((element) => element.checkVisibility() && getComputedStyle(element).display !== 'inline')
  .filter((element) => element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
  .map((element) => element.textContent.slice(0, 60))`;
