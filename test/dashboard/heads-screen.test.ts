import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promoteCandidate } from '../../gateway/src/routing/head-standing-store.ts';
import type { SampleScope } from '../../gateway/src/routing/learned-heads-store.ts';
import { eventually, json } from '../support/ask.ts';
import { addSamples, learn } from '../support/head-samples.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { invited } from '../support/person.ts';

interface Heads {
  data: { version: number; active: boolean }[];
  follows: boolean;
}

describe.skipIf(chromiumPath === undefined)(`the heads of Routing${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const dialog = () => page.getByRole('dialog');
  const heads = () => json<Heads>(dashboard.gateway.get('/v1/routing/heads'));
  const active = async (): Promise<number | undefined> => (await heads()).data.find((head) => head.active)?.version;
  const words = () => page.getByRole('region', { name: 'Words of calls' });
  const versions = () => page.getByRole('region', { name: 'Versions of heads', exact: true }).first();

  beforeAll(async () => {
    dashboard = await openDashboard();
    const pool = [
      { model: 'gpt-4o-mini', class: 'small' },
      { model: 'gpt-4o', class: 'strong' },
    ];
    await json(dashboard.gateway.send('PUT', '/v1/routing/auto', { pool, dial: 'balanced' }));
    page = await dashboard.open('/app/routing');
  });
  afterAll(() => dashboard.stop());

  const models = { weak: 'gpt-4o-mini', strong: 'gpt-4o' };

  it('say what is missing for a first one, and lead to the switch', async () => {
    await page.getByRole('link', { name: 'Heads', exact: true }).click();
    await words().getByText('Learning is off').waitFor();
    await words().getByText('0 of 400 compared calls of the last 30 days').waitFor();
    await words().getByText('Nothing is compared now.').waitFor();
    await words().getByRole('link', { name: 'Switch on learning' }).click();
    await page.getByRole('heading', { name: 'Settings of auto' }).waitFor();
    const learning = { enabled: true, sample_percent: 10, max_usd_per_day: 1 };
    await json(dashboard.gateway.send('PUT', '/v1/routing/auto', { learning }));
    await addSamples(dashboard.gateway, { ...models, count: 120 });
    await page.goto('/app/routing?tab=heads');
    await words()
      .getByText(/^.Learning$/)
      .waitFor();
    await words().getByText('120 of 400 compared calls of the last 30 days, of 1 task: gpt-4o-mini').waitFor();
    const bar = words().getByRole('meter', { name: 'Compared calls' });
    expect(await bar.getAttribute('aria-valuenow')).toBe('30');
    expect(await page.getByRole('button', { name: /^(Retire|Follow the newest)$/ }).count()).toBe(0);
  });

  it('say of an attempt that is no better how far it was from it', async () => {
    await addSamples(dashboard.gateway, { ...models, from: 120, count: 320, isTelling: false });
    await learn(dashboard.gateway);
    await page.reload();
    await words().getByText('Waiting for evidence').waitFor();
    await words()
      .getByText(/^The latest attempt, version 1 \(.+\), was no better than the tasks alone: [+−\d.]+ points \(/)
      .waitFor();
    await versions().getByText('Not proven').waitFor();
    expect(await page.getByRole('button', { name: 'Promote version 1' }).count()).toBe(0);
  }, 60_000);

  it('show the evidence of the active version, with its interval and since when it decides', async () => {
    await addSamples(dashboard.gateway, { ...models, from: 440, count: 900 });
    await learn(dashboard.gateway);
    await page.reload();
    await words().getByText('Version 2 decides calls to auto.').waitFor();
    await words()
      .getByText(/^.Active$/)
      .waitFor();
    const facts = words().locator('dl');
    await expect
      .poll(() => facts.textContent())
      .toMatch(/Better than the tasks alone by\+\d+\.\d points \(\+\d+\.\d to \+\d+\.\d\)/);
    expect(await facts.textContent()).toMatch(/Judged onthe newest \d+ of 1,340 compared calls, of 1 task/);
    expect(await facts.textContent()).toMatch(/Easy with the dial balanced\d+ of 100 calls go to gpt-4o-mini/);
    expect(await facts.textContent()).toMatch(/Active since\d/);
    expect(await facts.textContent()).toContain('become active by themselves once they are better');
  }, 60_000);

  it('retire a version in two steps that say what will happen, and take it back', async () => {
    await page.getByRole('button', { name: 'Retire' }).click();
    await dialog().getByText('Calls that version 2 finds easy go to gpt-4o, unless the compared pairs').waitFor();
    await dialog().getByText('Newer versions wait until you choose').waitFor();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    expect(await active()).toBe(2);
    await page.getByRole('button', { name: 'Retire' }).click();
    await dialog().getByRole('button', { name: 'Retire' }).click();
    await page.getByText('No head is active now').waitFor();
    await words()
      .getByText(/^.Retired$/)
      .waitFor();
    await words()
      .getByText(/^No head is used since .+, chosen by /)
      .waitFor();
    expect(await heads()).toMatchObject({ follows: false, data: [{ version: 2, active: false }, {}] });
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => expect(await heads()).toMatchObject({ follows: true }));
    expect(await active()).toBe(2);
  });

  it('promote a version by keyboard, and follow the newest again', async () => {
    // A candidate that was better, as the gateway leaves it.
    const { pool } = dashboard.gateway.database;
    const { rows } = await pool.query(
      `insert into learned_heads (workspace_id, livemode, version, weights, report, active, weak, strong, outcome, reason, against)
       select workspace_id, livemode, 3, weights, report, false, weak, strong, 'candidate', 'comparing', 2
       from learned_heads where version = 2 returning workspace_id as "workspaceId", livemode`,
    );
    const compared = { calls: 412, mean: 0.012, lower: 0.001, upper: 0.024 };
    await promoteCandidate(pool, rows[0] as SampleScope, { version: 3, compared, activates: true });
    await page.reload();
    await versions().getByText('It was better than version 2 on 412 calls that neither had seen.').waitFor();
    await words().getByText('Version 3 decides calls to auto.').waitFor();
    await page.getByRole('button', { name: 'Promote version 2' }).focus();
    await page.keyboard.press('Enter');
    await dialog()
      .getByText('From the next call on, version 2 reads the words of calls to auto, in place of version 3.')
      .waitFor();
    await dialog()
      .getByText(/it leaves \d+ of 100 to gpt-4o-mini with the dial balanced\.$/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Promote' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Version 2 is active').waitFor();
    expect(await active()).toBe(2);
    await words().getByText('Version 3 is newer and proven. Promote it to use it.').waitFor();
    await page.getByRole('button', { name: 'Follow the newest' }).click();
    await dialog().getByText('Each later version that is better becomes active by itself.').waitFor();
    await dialog().getByRole('button', { name: 'Follow the newest' }).click();
    await page.getByText('Version 3 is active').waitFor();
    expect(await heads()).toMatchObject({ follows: true, data: [{ version: 3, active: true }, {}, {}] });
  }, 60_000);

  it('show a refusal in the words of the API, and leave the dialog open', async () => {
    dashboard.expectProblem(/status of 503/);
    const error = { code: 'internal_error', message: 'The database does not answer.', type: 'api_error' };
    await page.route('**/v1/routing/heads/none/activate', (route) => route.fulfill({ status: 503, json: { error } }));
    await page.getByRole('button', { name: 'Retire' }).click();
    await dialog().getByRole('button', { name: 'Retire' }).click();
    await dialog().getByText('The database does not answer.').waitFor();
    await page.unroute('**/v1/routing/heads/none/activate');
    await page.keyboard.press('Escape');
    await page.route('**/v1/routing/heads', (route) => route.fulfill({ status: 503, json: { error } }));
    await page.reload();
    await words().getByText('The database does not answer.').waitFor();
    await page.unroute('**/v1/routing/heads');
    await words().getByRole('button', { name: 'Try again' }).click();
    await words().getByText('Version 3 decides calls to auto.').waitFor();
    expect(await active()).toBe(3);
  });

  it('are chosen by those who may change every call, and seen by all others', async () => {
    const viewer = await invited(dashboard.gateway, dashboard.owner, { email: 'vera@agency.example', role: 'viewer' });
    const other = await dashboard.open('/app/routing?tab=heads', { cookie: viewer.cookie() });
    await other.getByText('Version 3 decides calls to auto.').waitFor();
    expect(await other.getByRole('button', { name: /Promote|Retire|Follow the newest/ }).count()).toBe(0);
    await other.context().close();
  });

  it('have no serious fault that axe finds, in both themes and widths, and run off the side of no phone', async () => {
    for (const [theme, width] of [
      ['light', 1440],
      ['dark', 390],
    ] as const) {
      const of = { theme, width };
      expect([theme, await dashboard.faultsByAxe('/app/routing?tab=heads', of)]).toEqual([theme, []]);
      const before = async (open: Page) => {
        await open.getByRole('button', { name: 'Retire' }).click();
        await open.getByRole('dialog').waitFor();
      };
      expect([theme, await dashboard.faultsByAxe('/app/routing?tab=heads', { ...of, before })]).toEqual([theme, []]);
    }
    const phone = await dashboard.open('/app/routing?tab=heads', { width: 390 });
    await settled(phone);
    expect(await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await phone.context().close();
  }, 120_000);
});
