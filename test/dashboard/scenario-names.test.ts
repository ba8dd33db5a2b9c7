import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

/** The names of scenarios and of clients on the screens, where calls have only ids. */

const hostile = 'Newsletter <img src=x onerror=alert(1)>';

describe.skipIf(chromiumPath === undefined)(`the name of a scenario in the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme Ltd' }));
    const tags = { 'x-client-id': 'acme', 'x-scenario-id': '42', 'x-scenario-platform': 'make' };
    for (let n = 0; n < 2; n++) await json(gateway.post(chat, hello(), tags));
    await json(gateway.post('/v1/budgets', { name: 'Letters', limit_usd: 5, scope: { scenario_id: '42' } }), 201);
    page = await dashboard.open('/app/scenarios');
  });
  afterAll(() => dashboard.stop());

  it('is given on Scenarios, beside the clients whose calls it makes', async () => {
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '42', exact: true }) });
    await row.getByRole('link', { name: 'Acme Ltd' }).waitFor();
    await row.getByRole('cell', { name: 'Make' }).waitFor();
    await row.getByRole('button', { name: 'Name scenario 42' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(hostile);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Scenario 42 is named ${hostile}`).waitFor();
    await page.getByRole('link', { name: `${hostile} (42)` }).waitFor();
    expect(await json(dashboard.gateway.get('/v1/scenario-names'))).toMatchObject({
      data: [{ id: '42', name: hostile }],
    });
    expect(await dashboard.faultsByAxe('/app/scenarios', { width: 1024 })).toEqual([]);
  });

  it('is found by a search and by the command palette', async () => {
    await page.goto('/app/scenarios?search=newsletter');
    await page.getByRole('link', { name: `${hostile} (42)` }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('newsletter');
    await page.getByRole('option', { name: /Scenario Newsletter .*\(42\)/ }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('is shown wherever its id is: in calls and their details, usage, budgets, the client, movers', async () => {
    const { data } = await json<{ data: { id: string }[] }>(dashboard.gateway.get('/v1/usage/requests'));
    for (const [path, role, name] of [
      ['/app/calls', 'cell', `${hostile} (42)`],
      [`/app/calls?call=${data[0]?.id}`, 'dialog', undefined],
      ['/app/usage?by=scenario', 'cell', `${hostile} (42)`],
      ['/app/clients/acme', 'link', `${hostile} (42)`],
      ['/app', 'link', `${hostile} (42)`],
    ] as const) {
      await page.goto(path);
      await page
        .getByRole(role, name === undefined ? {} : { name })
        .filter({ hasText: 'Newsletter' })
        .first()
        .waitFor();
    }
    await page.goto('/app/budgets');
    await page.getByText(`Calls of scenario ${hostile} (42), a month.`).waitFor();
    await page.goto('/app/calls?scenario_id=42');
    await page.getByText(`Only ${hostile} (42).`).waitFor();
  });

  it('is in alerts, and in what needs you', async () => {
    await json(dashboard.gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
    await page.goto('/app/alerts');
    await page.getByRole('link', { name: `Scenario "${hostile}" (42) was paused` }).waitFor();
    await page.getByText('It calls for Acme Ltd.').waitFor();
    await page.goto('/app');
    await page
      .getByRole('listitem')
      .filter({ hasText: `Scenario ${hostile} (42) of Acme Ltd` })
      .waitFor();
    await page.getByRole('button', { name: `Resume scenario ${hostile} (42)` }).click();
    await page.getByText(`Scenario ${hostile} (42) runs again`).waitFor();
  });

  it('changes on every open screen, and goes with an empty field', async () => {
    const other = await dashboard.open('/app/calls');
    await other
      .getByRole('cell', { name: `${hostile} (42)` })
      .first()
      .waitFor();
    await page.goto('/app/scenarios');
    await page.getByRole('button', { name: `Rename scenario ${hostile} (42)` }).click();
    await page.getByRole('heading', { name: `Rename scenario ${hostile} (42)` }).waitFor();
    await page.getByRole('dialog').getByText('An empty field removes it.').waitFor();
    await page.getByRole('dialog').getByLabel('Name').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The name of scenario 42 is removed').waitFor();
    await page.getByRole('link', { name: '42', exact: true }).waitFor();
    await other.getByRole('cell', { name: '42', exact: true }).first().waitFor();
    await other.context().close();
  });

  it('reads the figures and names of 250 clients by the page', async () => {
    const { gateway } = dashboard;
    const add = async (n: number): Promise<void> => {
      const id = `many-${String(n).padStart(3, '0')}`;
      await json(gateway.send('PUT', `/v1/clients/${id}`, { name: `Client ${id.slice(5)}` }));
      await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    };
    for (let first = 1; first <= 250; first += 25)
      await Promise.all(Array.from({ length: 25 }, (_, n) => add(first + n)));
    const read: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === '/v1/usage/clients' || pathname === '/v1/clients') read.push(pathname);
    });
    await page.goto('/app/clients');
    for (const [first, rows] of [
      ['Client 001', 99],
      ['Client 100', 100],
      ['Client 200', 51],
    ] as const) {
      const table = page.getByRole('region', { name: 'Clients' });
      await table.getByRole('link', { name: first }).waitFor();
      await eventually(async () =>
        expect(await table.getByRole('cell', { name: '1', exact: true }).count()).toBe(rows),
      );
      expect(read.filter((path) => path === '/v1/usage/clients')).toHaveLength(1);
      expect(read.length).toBeLessThanOrEqual(3);
      read.length = 0;
      if (first !== 'Client 200') await page.getByRole('button', { name: 'Next page' }).click();
    }
    await page.goto('/app/calls?range=week');
    await page.getByRole('cell', { name: 'Client 250' }).first().waitFor();
    expect(read.filter((path) => path === '/v1/clients').length).toBeLessThanOrEqual(2);
  }, 120_000);

  it('reads figures and names of clients whose ids are as long as an id may be', async () => {
    const { gateway } = dashboard;
    const ids = Array.from({ length: 40 }, (_, n) => `long-${String(n).padStart(2, '0')}`.padEnd(128, '漢'));
    for (const [n, id] of ids.entries()) {
      await json(gateway.send('PUT', `/v1/clients/${encodeURIComponent(id)}`, { name: `Long ${n}` }));
      await json(gateway.post(chat, hello({ metadata: { client_id: id } })));
    }
    await page.goto('/app/clients?search=long');
    const table = page.getByRole('region', { name: 'Clients' });
    await table.getByRole('link', { name: 'Long 39' }).waitFor();
    await eventually(async () => expect(await table.getByRole('cell', { name: '1', exact: true }).count()).toBe(40));
    await page.goto('/app/calls?range=week');
    for (const n of [0, 39]) await page.getByRole('cell', { name: `Long ${n}`, exact: true }).waitFor();
  }, 60_000);

  it('orders the clients of a search by the figures that come after them, and says where none come', async () => {
    const { gateway } = dashboard;
    for (const [id, calls] of [
      ['cat-a', 1],
      ['cat-b', 2],
      ['dog-a', 1],
      ['dog-b', 2],
    ] as const)
      for (let n = 0; n < calls; n++) await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    const order = () => page.getByRole('region', { name: 'Clients' }).getByRole('link').allTextContents();
    await page.goto('/app/clients?search=cat&sort=-cost');
    await expect.poll(order).toEqual(['cat-b', 'cat-a']);
    let letThrough = (): void => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route(/\/v1\/usage\/clients\?.*dog/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel('Search').fill('dog');
    await expect.poll(order).toEqual(['dog-a', 'dog-b']);
    letThrough();
    await expect.poll(order).toEqual(['dog-b', 'dog-a']);
    dashboard.expectProblem(/status of 503/);
    await page.route(/\/v1\/usage\/clients\?/, (route) =>
      route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'The figures are away.' } } }),
    );
    await page.goto('/app/clients?search=cat');
    await page.getByRole('alert').getByText('The figures are away.').waitFor();
    await page.unroute(/\/v1\/usage\/clients\?/);
  }, 60_000);

  it('is in what needs you where a budget for each scenario is spent, and six clients of a paused one are said', async () => {
    const { gateway } = dashboard;
    const budget = { name: 'Each of them', limit_usd: 0.000_001, on_limit: 'notify', scope: { scenario_id: '*' } };
    const { id } = await json<{ id: string }>(gateway.post('/v1/budgets', budget), 201);
    for (const client of ['b', 'c', 'd', 'e', 'f', 'g'])
      await json(gateway.post(chat, hello(), { 'x-client-id': client, 'x-scenario-id': '42' }));
    await json(gateway.post('/v1/scenarios/42/pause', {}));
    await json(gateway.send('PUT', '/v1/scenarios/42/name', { name: hostile }));
    await page.goto('/app');
    await page.getByText(`Each of them for ${hostile} (42) at`).waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: /Scenario .* of Acme Ltd, .* and 2 more/ })
      .waitFor();
    await json(gateway.send('DELETE', `/v1/budgets/${id}`), 204);
    await json(gateway.post('/v1/scenarios/42/resume', {}));
  });
});
