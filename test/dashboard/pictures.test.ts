import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, openDashboard, settled } from '../support/open-dashboard.ts';

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
  calls: '/app/calls',
  usage: '/app/usage',
  speed: '/app/usage/speed',
  prompts: '/app/prompts',
  prompt: '/app/prompts/support-reply',
  'prompt-versions': '/app/prompts/support-reply?tab=versions',
  playground: '/app/prompts/support-reply?tab=try&columns=1,2,2~gpt-4o',
  routing: '/app/routing',
  rule: '/app/routing?rule=invoices',
  explain: '/app/routing?tab=explain',
  experiments: '/app/experiments',
  experiment: '/app/experiments/EXPERIMENT',
  savings: '/app/savings?by=client',
  billing: '/app/billing',
  alerts: '/app/alerts',
  connect: '/app/connect',
  keys: '/app/keys',
  settings: '/app/settings',
  people: '/app/settings/people',
  operator: '/app/operator',
};

const to = process.env.PICTURES_TO;
const of = process.env.PICTURES_OF?.split(',');
const taken = Object.entries(screens).filter(([name]) => of?.includes(name) ?? true);

/** Before its picture: the playground has run, and a call is explained. */
const acts: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  playground: async (page) => {
    await page.getByLabel('Email').fill('Where is my parcel?');
    await page.getByRole('button', { name: 'Run in test mode' }).click();
    await page.getByText('in test mode ·').nth(2).waitFor();
    await page.getByRole('heading', { name: 'Values' }).scrollIntoViewIfNeeded();
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
    const dashboard = await openDashboard();
    try {
      const experiment = await fill(dashboard);
      for (const theme of ['light', 'dark'] as const)
        for (const width of [1440, 390])
          for (const [name, path] of taken) {
            const page = await dashboard.open(path.replace('EXPERIMENT', experiment), { theme, width });
            await settled(page);
            await acts[name]?.(page);
            await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
            await page.context().close();
          }
    } finally {
      await dashboard.stop();
    }
    expect(readdirSync(folder).length).toBeGreaterThanOrEqual(taken.length * 4);
  }, 600_000);
});

/** An agency on an ordinary day: three clients, five scenarios, one of them paused, a budget near its limit. Returns the id of its experiment. */
async function fill(dashboard: Dashboard): Promise<string> {
  const { gateway } = dashboard;
  await fillPrompts(dashboard);
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
  await fillRouting(dashboard);
  const arms = [
    { name: 'A', prompt: { id: 'support-reply', version: 1 } },
    { name: 'B', prompt: { id: 'support-reply', version: 2 } },
  ];
  const experiment = { name: 'tone', unit: 'execution', arms, metric: 'feedback', guards: ['error'] };
  return (await json<{ id: string }>(gateway.post('/v1/experiments', experiment), 201)).id;
}

/** A prompt of two versions, with labels and calls. */
async function fillPrompts({ gateway }: Dashboard): Promise<void> {
  const version = {
    messages: [
      { role: 'system', content: 'You answer e-mails of customers. Tone: {{tone}}.' },
      { role: 'user', content: '{{email}}' },
    ],
    variables: [
      { name: 'email', type: 'text', required: true, description: 'The e-mail to answer.' },
      { name: 'tone', type: 'choice', required: false, default: 'friendly', options: ['friendly', 'formal'] },
    ],
    model: 'gpt-4o-mini',
    parameters: { max_tokens: 400 },
    note: 'The first one',
  };
  const system = 'You answer e-mails of customers.\nKeep it under 80 words.\nTone: {{tone}}.';
  const shorter = { ...version, messages: [{ role: 'system', content: system }, version.messages[1]], note: 'Shorter' };
  const description = 'Answers an e-mail of a customer.';
  await gateway.post('/v1/prompts', { id: 'support-reply', name: 'Support reply', description });
  await gateway.post('/v1/prompts', { id: 'invoice-fields', name: 'Invoice fields', client_ids: ['acme'] });
  for (const one of [version, shorter]) await gateway.post('/v1/prompts/support-reply/versions', one);
  const labels = { staging: [2], production: [1, 2] };
  for (const [label, versions] of Object.entries(labels))
    for (const one of versions)
      await gateway.send('PUT', `/v1/prompts/support-reply/labels/${label}`, {
        version: one,
        note: 'Better in the test',
      });
}

/** Three rules, and answers that were kept. */
async function fillRouting({ gateway }: Dashboard): Promise<void> {
  const hasImages = { field: 'has_images', eq: true };
  const isInvoice = { field: 'text', contains_any: ['invoice', 'Rechnung'] };
  const isNight = { field: 'hour', gte: 0, lte: 6, timezone: 'Europe/Berlin' };
  const rules = [
    {
      name: 'Invoices',
      when: { all: [{ field: 'client_id', in: ['acme'] }, isInvoice, { not: hasImages }] },
      then: { model: 'gpt-4o-mini', cap_output_tokens: 800 },
    },
    {
      name: 'Nights are quiet',
      when: { any: [isNight, { field: 'weekday', in: ['saturday', 'sunday'] }] },
      then: { auto: { dial: 'cost' } },
    },
  ];
  for (const rule of rules) await gateway.post('/v1/routing/rules', { ...rule, note: 'To save' });
  for (const client of ['acme', 'acme', 'globex', 'acme'])
    await gateway.post(chat, hello({ model: 'gpt-4o' }), { 'x-client-id': client, 'x-gateway-cache': 'ttl=3600' });
}
