import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longDayForPeople } from '../../gateway/dashboard/src/format/when.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { awayFromMidnight } from '../support/away-from-midnight.ts';
import { withDatabase } from '../support/database-setup.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

/** A wrong clock, another time zone, two people at one thing, ten thousand clients, no hints, no database. */

const dayMs = 86_400_000;

describe.skipIf(chromiumPath === undefined)(
  `the dashboard in hard times${leftOutWithoutChromium}`,
  {
    timeout: 60_000,
  },
  () => {
    let dashboard: Dashboard;
    let budgetId: string;

    beforeAll(awayFromMidnight, 240_000);
    beforeAll(async () => {
      dashboard = await openDashboard();
      const { gateway } = dashboard;
      await json(gateway.post(chat, hello(), { 'x-client-id': 'acme', 'x-scenario-id': '42' }));
      const budget = { name: 'Acme a day', limit_usd: 5, period: 'day', scope: { client_id: 'acme' } };
      budgetId = (await json<{ id: string }>(gateway.post('/v1/budgets', budget), 201)).id;
      await gateway.database.pool.query(
        `insert into incidents (id, title, severity, state, last_bad_at, opened_at, updated_at, starts_at, ends_at)
         values ('inc_disks', 'New disks', 'maintenance', 'identified', now(), now(), now(),
           now() + interval '1 hour', now() + interval '2 hours')`,
      );
    });
    afterAll(() => dashboard.stop());

    const pageWith = async (path: string, options: Parameters<Dashboard['open']>[1] = {}): Promise<Page> => {
      const page = await dashboard.open(path, options);
      await settled(page);
      return page;
    };

    it.each([
      ['ahead', dayMs],
      ['behind', -dayMs],
    ])('shows the gateway’s time where the browser’s clock is a day %s', async (_, away) => {
      const page = await dashboard.open('/app/sign-in', { cookie: undefined });
      const [name = '', value = ''] = dashboard.owner.cookie().split('=');
      await page.context().addCookies([{ name, value, url: dashboard.url }]);
      await page.clock.setSystemTime(Date.now() + away);
      await page.goto('/app/calls');
      await page
        .getByRole('cell', { name: /(second|minute)s? ago|now/ })
        .first()
        .waitFor();
      await page.goto('/app/budgets');
      await page
        .getByText(/Resets in \d+ (h|min)/)
        .first()
        .waitFor();
      expect(await page.getByText(/Resets in 0 min/).count()).toBe(0);
      await page.goto('/app/operator');
      await page
        .getByRole('row', { name: /New disks/ })
        .getByRole('cell', { name: 'planned', exact: true })
        .waitFor();
      const { timezone } = await json<{ timezone: string }>(dashboard.gateway.get('/v1/workspace'));
      const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(Date.now());
      await page.goto('/app/usage');
      await page.getByText(`${longDayForPeople(day)}, `).waitFor();
      await page.context().close();
    });

    it('goes by the workspace’s clock, Kathmandu’s, wherever the browser is', async () => {
      const { gateway } = dashboard;
      await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Asia/Kathmandu' }));
      await gateway.post(chat, hello(), { 'x-client-id': 'everest' });
      await gateway.post(chat, hello(), { 'x-client-id': 'everest' });
      await eventually(async () =>
        expect((await json<{ data: object[] }>(gateway.get('/v1/usage/requests?client_id=everest'))).data).toHaveLength(
          2,
        ),
      );
      // One at midnight in Kathmandu, which is 18:15 in UTC, and one just before: on the first of a month both are of the month before.
      await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '2 days')::date, 1)`);
      await gateway.database.pool.query(
        `update calls set created_at = (date_trunc('day', now() at time zone 'Asia/Kathmandu') at time zone 'Asia/Kathmandu')
         - case when id = (select min(id) from calls where client_id = 'everest') then interval '1 ms' else interval '0' end
       where client_id = 'everest'`,
      );
      const page = await pageWith('/app/calls?client_id=everest&range=today', { timezone: 'America/St_Johns' });
      const calls = page.getByRole('region', { name: 'Calls' }).getByRole('link', { name: /^req_/ });
      await expect.poll(() => calls.count()).toBe(1);
      const moment = page.getByRole('region', { name: 'Calls' }).locator('time').first();
      expect(await moment.getAttribute('title')).toMatch(/, 00:00 \(Asia\/Kathmandu\)/);
      await page.getByRole('button', { name: 'Yesterday' }).click();
      await expect.poll(() => moment.getAttribute('title')).toMatch(/, 23:59 \(Asia\/Kathmandu\)/);
      await page.goto('/app/usage');
      await page.getByText('Kathmandu time').waitFor();
      await page.context().close();
      await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'UTC' }));
    });

    it('keeps the changes of two people who edit one budget at the same time', async () => {
      const [ada, bob] = [await pageWith('/app/budgets'), await pageWith('/app/budgets')];
      for (const page of [ada, bob]) {
        await page.getByRole('button', { name: 'Change Acme a day' }).click();
        await page.getByRole('dialog').getByLabel('Name').waitFor();
      }
      await ada.getByRole('dialog').getByLabel('Name').fill('Acme daily');
      await bob
        .getByRole('dialog')
        .getByLabel(/^Limit/)
        .first()
        .fill('9');
      for (const page of [ada, bob]) {
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      expect(await json(dashboard.gateway.get(`/v1/budgets/${budgetId}`))).toMatchObject({
        name: 'Acme daily',
        limit_usd: 9,
        period: 'day',
      });
      // Both see the end of it, without a reload.
      for (const page of [ada, bob]) {
        await page.getByRole('link', { name: 'Acme daily' }).waitFor();
        await page.getByText('of $9.00').first().waitFor();
        await page.context().close();
      }
    });

    it('finds one of ten thousand clients, and shows a page of them at a time', async () => {
      await dashboard.gateway.database.pool.query(
        `insert into clients (workspace_id, livemode, id, name, markup_percent)
       select (select id from workspaces order by created_at, id limit 1), true, 'mass-' || n, 'Mass client ' || n, 20
       from generate_series(1, 10000) n`,
      );
      const page = await pageWith('/app/clients');
      const rows = page.getByRole('region', { name: 'Clients' }).getByRole('row');
      await expect.poll(() => rows.count()).toBe(101);
      await page.getByRole('button', { name: 'Next page' }).click();
      await page.getByRole('button', { name: 'First page' }).waitFor();
      await expect.poll(() => rows.count()).toBe(101);
      await page.getByLabel('Search').fill('mass client 9999');
      await page.getByRole('link', { name: 'Mass client 9999', exact: true }).waitFor();
      await expect.poll(() => rows.count()).toBe(2);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search and commands' }).fill('mass client 7777');
      await page.getByRole('option', { name: /Mass client 7777/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Mass client 7777' }).waitFor();
      await page.context().close();
    });

    it('reads again every 15 seconds where hints do not come through', async () => {
      dashboard.expectProblem(/\/v1\/live|ERR_FAILED/);
      const page = await dashboard.open('/app/sign-in', { cookie: undefined });
      const [name = '', value = ''] = dashboard.owner.cookie().split('=');
      await page.context().addCookies([{ name, value, url: dashboard.url }]);
      await page.clock.install();
      await page.route('**/v1/live', (route) => route.abort());
      await page.goto('/app/calls?client_id=cut');
      await page.getByText('No such call in this range.').waitFor();
      await json(dashboard.gateway.post(chat, hello(), { 'x-client-id': 'cut' }));
      await expect
        .poll(
          async () => {
            await page.clock.fastForward(15_000);
            return page.getByRole('link', { name: /^req_/ }).or(page.getByText('1 newer call, show')).count();
          },
          { timeout: 30_000 },
        )
        .toBeGreaterThan(0);
      await page.context().close();
    });

    it('shows a change of the time before the first hints come through', async () => {
      const page = await dashboard.open('/app/sign-in', { cookie: undefined });
      const [name = '', value = ''] = dashboard.owner.cookie().split('=');
      await page.context().addCookies([{ name, value, url: dashboard.url }]);
      let letThrough = (): void => {};
      const held = new Promise<void>((resolve) => {
        letThrough = resolve;
      });
      await page.route('**/v1/live', async (route) => {
        await held;
        await route.continue();
      });
      await page.goto('/app');
      await page.getByText('Nothing: no scenario is paused').waitFor();
      await json(dashboard.gateway.post('/v1/scenarios/slow-line/pause', { reason: 'Too early for a hint' }));
      letThrough();
      await page.getByText('Too early for a hint').waitFor();
      await json(dashboard.gateway.post('/v1/scenarios/slow-line/resume', {}));
      await page.context().close();
    });

    it('misses nothing where the stream of hints is cut, and takes it up again', async () => {
      const page = await dashboard.open('/app/sign-in', { cookie: undefined });
      const [name = '', value = ''] = dashboard.owner.cookie().split('=');
      await page.context().addCookies([{ name, value, url: dashboard.url }]);
      // Without hints everything is read again every 15 s: not here, where the hints have to come back.
      await page.addInitScript(
        'const real = setInterval; globalThis.setInterval = (work, ms) => (ms === 15_000 ? ((globalThis.isPollHeld = true), 0) : real(work, ms))',
      );
      let streams = 0;
      let goOn = (): void => {};
      const isBack = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await page.route('**/v1/live', async (route) => {
        streams += 1;
        // The first one opens and breaks off, as where a proxy restarts.
        if (streams === 1) return route.fulfill({ contentType: 'text/event-stream', body: 'retry: 50\n\n' });
        await isBack;
        await route.continue();
      });
      await page.goto('/app');
      await page.getByText('Nothing: no scenario is paused').waitFor();
      await expect.poll(() => streams).toBe(2);
      await json(dashboard.gateway.post('/v1/scenarios/cut/pause', { reason: 'While the line was cut' }));
      goOn();
      await page.getByText('While the line was cut').waitFor();
      expect(await page.evaluate('globalThis.isPollHeld')).toBe(true);
      await json(dashboard.gateway.post('/v1/scenarios/cut/resume', {}));
      await page.getByText('While the line was cut').waitFor({ state: 'detached' });
      await page.context().close();
    });

    it('asks for nothing while it is hidden, and is current once it is seen again', async () => {
      const [hidden, seen] = [await pageWith('/app'), await pageWith('/app')];
      const turn = (isHidden: boolean): Promise<unknown> =>
        hidden.evaluate(
          `Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
           Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${isHidden ? 'hidden' : 'visible'}' });
           document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`,
        );
      await turn(true);
      const asked: string[] = [];
      hidden.on('request', (request) => asked.push(request.url()));
      await json(dashboard.gateway.post('/v1/scenarios/unseen/pause', { reason: 'While nobody looked' }));
      await seen.getByText('While nobody looked').waitFor();
      expect(asked).toEqual([]);
      await turn(false);
      await hidden.getByText('While nobody looked').waitFor();
      await json(dashboard.gateway.post('/v1/scenarios/unseen/resume', {}));
      for (const page of [hidden, seen]) await page.context().close();
    });

    it('says that the database is away, keeps what it shows, and goes on when it is back', async () => {
      dashboard.expectProblem(/status of 50\d|ERR_|answers otherwise/);
      const away = { name: 'Away', limit_usd: 7, period: 'day', scope: { client_id: 'away' } };
      await json(dashboard.gateway.post('/v1/budgets', away), 201);
      const page = await pageWith('/app/budgets');
      const { database } = dashboard.gateway;
      const name = /\/\/[^/]*\/([^?]*)/.exec(database.url)?.[1] ?? '';
      const server = new pg.Client({ connectionString: withDatabase(database.url, 'postgres') });
      await server.connect();
      database.pool.on('error', () => {});
      await server.query(`alter database "${name}" allow_connections false`);
      await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      try {
        await page.getByRole('button', { name: '+10 for Away' }).click();
        await page
          .getByRole('status')
          .getByText(/database|Try again/i)
          .first()
          .waitFor();
        await page.getByText('of $7.00').first().waitFor();
        await page.getByRole('link', { name: 'Clients' }).click();
        await page
          .getByRole('alert')
          .getByText(/database|Try again/i)
          .first()
          .waitFor();
      } finally {
        await server.query(`alter database "${name}" allow_connections true`);
        await server.end();
      }
      await eventually(async () => expect((await dashboard.gateway.get('/v1/budgets')).status).toBe(200), 20_000);
      await page.getByRole('link', { name: 'Budgets' }).click();
      await page.getByRole('link', { name: 'Away' }).waitFor({ timeout: 40_000 });
      await page.context().close();
    }, 120_000);
  },
);
