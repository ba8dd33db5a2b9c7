import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chat, hello } from '../support/ask.ts';
import { chromiumPath, type Dashboard, openDashboard, settled } from '../support/open-dashboard.ts';

/** Takes the pictures of docs/dashboard.md: `PICTURES_TO=docs/images/dashboard npm test -- test/dashboard/pictures.test.ts`. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const screens = {
  home: '/app',
  clients: '/app/clients',
  client: '/app/clients/acme',
  scenarios: '/app/scenarios',
  budgets: '/app/budgets',
  calls: '/app/calls',
  usage: '/app/usage',
  speed: '/app/usage/speed',
  billing: '/app/billing',
  alerts: '/app/alerts',
  connect: '/app/connect',
  keys: '/app/keys',
  settings: '/app/settings',
  people: '/app/settings/people',
  operator: '/app/operator',
};

const to = process.env.PICTURES_TO;
const leftOut = to === undefined ? ' (left out: PICTURES_TO names no folder, such as docs/images/dashboard)' : '';

describe.skipIf(to === undefined || chromiumPath === undefined)(`the pictures of the dashboard${leftOut}`, () => {
  it('show every screen in both themes and two widths', async () => {
    const folder = join(root, to ?? '');
    mkdirSync(folder, { recursive: true });
    const dashboard = await openDashboard();
    try {
      await fill(dashboard);
      for (const theme of ['light', 'dark'] as const)
        for (const width of [1440, 390])
          for (const [name, path] of Object.entries(screens)) {
            const page = await dashboard.open(path, { theme, width });
            await settled(page);
            await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
            await page.context().close();
          }
    } finally {
      await dashboard.stop();
    }
    expect(readdirSync(folder).length).toBeGreaterThanOrEqual(Object.keys(screens).length * 4);
  }, 600_000);
});

/** An agency on an ordinary day: three clients, five scenarios, one of them paused, a budget near its limit. */
async function fill({ gateway }: Dashboard): Promise<void> {
  const clients = { acme: 'Acme Ltd', globex: 'Globex', initech: 'Initech' };
  for (const [id, name] of Object.entries(clients))
    await gateway.send('PUT', `/v1/clients/${id}`, { name, markup_percent: 20, currency: 'EUR', exchange_rate: 0.92 });
  const budget = { name: 'Acme, a month', limit_usd: 0.2, period: 'month', scope: { client_id: 'acme' } };
  await gateway.post('/v1/budgets', budget);
  await gateway.post('/v1/budgets', { ...budget, name: 'Everything', limit_usd: 50, scope: {} });
  const uses = Object.keys(clients).flatMap((client, at) => Array.from({ length: 6 - at }, (_, n) => ({ client, n })));
  for (const { client, n } of uses) {
    gateway.fakes.openai.reply({ text: 'A newsletter.', usage: { input: 4_000 + 900 * n, output: 900 + 210 * n } });
    await gateway.post(chat, hello(), {
      'x-client-id': client,
      'x-scenario-id': String(40 + (n % 3)),
      'x-scenario-platform': 'make',
    });
  }
  await gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' });
  await gateway.post('/v1/keys', { name: 'Newsletter', role: 'caller', tags: { client_id: 'acme' } });
}
