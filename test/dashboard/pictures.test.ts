import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { fillSettings } from '../support/busy-settings.ts';
import { fillWorkspace } from '../support/busy-workspace.ts';
import { chromiumPath, openDashboard, settled } from '../support/open-dashboard.ts';

/**
 * Takes the pictures of docs/dashboard.md: `PICTURES_TO=docs/images/dashboard npm test -- test/dashboard/pictures.test.ts`.
 * `PICTURES_OF=routing,rule` takes some of them.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const screens = {
  home: '/app',
  clients: '/app/clients',
  client: '/app/clients/acme',
  scenarios: '/app/scenarios',
  budgets: '/app/budgets',
  // A run over midnight has no calls of today.
  calls: '/app/calls?range=week',
  call: '/app/calls?range=week&call=CALL',
  scored: '/app/calls?range=week&view=scored',
  feedback: '/app/calls?range=week&call=SCORED',
  usage: '/app/usage',
  tokens: '/app/usage/tokens',
  speed: '/app/usage/speed',
  prompts: '/app/prompts',
  prompt: '/app/prompts/support-reply',
  'prompt-versions': '/app/prompts/support-reply?tab=versions',
  playground: '/app/prompts/support-reply?tab=try&columns=1,2,2~gpt-4o',
  routing: '/app/routing',
  rule: '/app/routing?rule=invoices',
  auto: '/app/routing?tab=auto',
  heads: '/app/routing?tab=heads',
  'head-retired': '/app/routing?tab=heads',
  explain: '/app/routing?tab=explain',
  experiments: '/app/experiments',
  experiment: '/app/experiments/EXPERIMENT',
  savings: '/app/savings?by=client',
  'savings-tasks': '/app/savings?by=task',
  billing: '/app/billing',
  alerts: '/app/alerts',
  connect: '/app/connect',
  keys: '/app/keys',
  settings: '/app/settings',
  people: '/app/settings/people',
  sso: '/app/settings/sso',
  providers: '/app/settings/providers',
  fallbacks: '/app/settings/fallbacks',
  branding: '/app/settings/branding',
  security: '/app/settings/security',
  audit: '/app/settings/audit',
  operations: '/app/settings/operations',
  operator: '/app/operator',
  more: '/app/more',
};
/** Those that people see who are not signed in. */
const open = { 'sign-in': '/app', portal: '/portalPORTAL', status: '/status' };

/** More is the menu of a phone. */
const widthsOf = (name: string): readonly number[] => (name === 'more' ? [390] : [1440, 390]);

const to = process.env.PICTURES_TO;
const of = process.env.PICTURES_OF?.split(',');
const taken = Object.entries({ ...screens, ...open }).filter(([name]) => of?.includes(name) ?? true);

/** Before its picture: the playground has run, a call is explained, feedback is typed, a version of heads is about to be retired, and all parts of the portal are there. */
const acts: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  playground: async (page) => {
    await page.getByLabel('Email').fill('Where is my parcel?');
    await page.getByRole('button', { name: 'Run in test mode' }).click();
    await page.getByText('in test mode ·').nth(2).waitFor();
    await page.getByRole('heading', { name: 'Values' }).scrollIntoViewIfNeeded();
  },
  feedback: async (page) => {
    await page.getByRole('button', { name: 'Save feedback' }).scrollIntoViewIfNeeded();
  },
  portal: async (page) => {
    await page.getByRole('region', { name: 'Invoices' }).getByText('There is no invoice yet.').waitFor();
    await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'hidden' });
  },
  'head-retired': async (page) => {
    await page.getByRole('button', { name: 'Retire' }).click();
    await page.getByRole('dialog').waitFor();
  },
  explain: async (page) => {
    await page.getByLabel('User text').fill('Please pay this invoice.');
    await page.getByLabel('Client').fill('acme');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByText('would answer').waitFor();
  },
};
const leftOut = to === undefined ? ' (left out: PICTURES_TO names no folder, such as docs/images/dashboard)' : '';

describe.skipIf(to === undefined || chromiumPath === undefined)(`the pictures of the dashboard${leftOut}`, () => {
  it('show every screen in both themes and two widths', async () => {
    const folder = join(root, to ?? '');
    mkdirSync(folder, { recursive: true });
    const dashboard = await openDashboard({ ALLOW_PRIVATE_NETWORK: 'true' });
    try {
      const { experiment, call, scored } = await fillWorkspace(dashboard.gateway);
      await fillSettings(dashboard.gateway, dashboard.owner);
      const link = await json<{ url: string }>(
        dashboard.gateway.post('/v1/clients/acme/links', { name: 'Jane of Acme' }),
        201,
      );
      for (const theme of ['light', 'dark'] as const)
        for (const [name, path] of taken)
          for (const width of widthsOf(name)) {
            const page = await dashboard.open(
              path
                .replace('EXPERIMENT', experiment)
                .replace('CALL', call)
                .replace('SCORED', scored)
                .replace('PORTAL', new URL(link.url).hash),
              { theme, width, ...(name in open && { cookie: undefined }) },
            );
            await settled(page);
            await acts[name]?.(page);
            await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
            await page.context().close();
          }
    } finally {
      await dashboard.stop();
    }
    const widths = taken.flatMap(([name]) => widthsOf(name));
    expect(readdirSync(folder).length).toBeGreaterThanOrEqual(widths.length * 2);
  }, 600_000);
});
