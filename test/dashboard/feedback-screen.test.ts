import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idAt } from '../../gateway/src/accounts/new-id.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';
import { invited } from '../support/person.ts';

interface Detail {
  status: string;
  feedback: { name: string; score: number; comment: string | null; by: { name: string } | null }[];
}

describe.skipIf(chromiumPath === undefined)(`feedback in the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  let id = '';
  const dialog = (on = page) => on.getByRole('dialog');
  const rows = (on = page) => dialog(on).getByRole('region', { name: 'Feedback on this call' }).getByRole('row');
  const detail = () => json<Detail>(dashboard.gateway.get(`/v1/usage/requests/${id}`));
  const said = async () => (await detail()).feedback.map(({ name, score, comment }) => [name, score, comment]);

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    for (const client of ['globex', 'acme']) {
      const answer = await gateway.post(chat, hello(), { 'x-client-id': client, 'x-scenario-id': '42' });
      await answer.text();
      id = answer.headers.get('x-request-id') ?? '';
    }
    await eventually(async () => expect(await detail()).toMatchObject({ status: 'succeeded' }));
    page = await dashboard.open('/app');
  });
  afterAll(() => dashboard.stop());

  it('is a thumb with a comment in the details of a call, four clicks from Home', async () => {
    let clicks = 0;
    const click = async (role: 'link' | 'button', name: string | RegExp, within: Page | ReturnType<typeof dialog>) => {
      await within.getByRole(role, { name }).first().click();
      clicks += 1;
    };
    await click('link', 'Calls', page);
    await page.getByRole('region', { name: 'Calls' }).getByRole('link').first().waitFor();
    await click('link', new RegExp(`${id.slice(-6)}$`), page.getByRole('region', { name: 'Calls' }) as never);
    await click('button', 'Thumb down', dialog());
    await dialog().getByLabel('Comment').fill('Far too formal');
    await click('button', 'Save feedback', dialog());
    await page.getByText('Feedback team is saved').waitFor();
    expect(clicks).toBe(4);
    await expect.poll(() => rows().nth(1).textContent()).toMatch(/^Downteam.+Far too formalChange$/);
    expect((await detail()).feedback).toMatchObject([
      { name: 'team', score: 0, comment: 'Far too formal', by: { name: expect.any(String) } },
    ]);
  });

  it('shows what end users said at once, and stands beside it', async () => {
    await json(dashboard.gateway.post('/v1/feedback', { request_id: id, score: 0.6, comment: 'Fine for me' }));
    await rows()
      .filter({ hasText: /60 %user.*Fine for me/ })
      .waitFor();
    expect(await rows().count()).toBe(3);
  });

  it('is changed in its place, keeps its comment, and the change can be taken back', async () => {
    await dialog().getByText('Saving replaces the feedback').waitFor();
    expect(await dialog().getByLabel('Comment').inputValue()).toBe('Far too formal');
    expect(await dialog().getByRole('button', { name: 'Thumb down' }).getAttribute('aria-pressed')).toBe('true');
    await dialog().getByRole('button', { name: 'Thumb up' }).click();
    await dialog().getByRole('button', { name: 'Save feedback' }).click();
    await eventually(async () =>
      expect(await said()).toEqual([
        ['team', 1, 'Far too formal'],
        ['user', 0.6, 'Fine for me'],
      ]),
    );
    await dialog().getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => expect((await said())[0]).toEqual(['team', 0, 'Far too formal']));
    await dialog().getByRole('button', { name: 'Change feedback user' }).click();
    await expect.poll(() => dialog().getByLabel('Score', { exact: true }).inputValue()).toBe('0.6');
    expect(await dialog().getByLabel('Comment').inputValue()).toBe('Fine for me');
    await dialog().getByLabel('Score', { exact: true }).fill('0,8');
    await dialog().getByRole('button', { name: 'Save feedback' }).click();
    await eventually(async () => expect((await said())[1]).toEqual(['user', 0.8, 'Fine for me']));
    // What an end user said is not taken back as the word of this person.
    await dialog().getByText('Feedback user is saved').waitFor();
    expect(await dialog().getByRole('button', { name: 'Undo' }).count()).toBe(0);
    const focused = () => page.evaluate(`document.activeElement.getAttribute('aria-label')`);
    await expect.poll(focused).toBe('Change feedback user');
    await page.keyboard.press('Enter');
    await dialog().getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Change feedback user');
  });

  it('shows a fault at its field, and sends nothing without a score', async () => {
    const before = await said();
    await page.reload();
    await dialog().getByText('Exact score and name').click();
    await dialog().getByLabel('Score', { exact: true }).fill('7');
    await dialog().getByRole('button', { name: 'Save feedback' }).click();
    await expect.poll(() => dialog().getByLabel('Score', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await dialog().getByText('must be a number from 0 to 1, or up or down').waitFor();
    await dialog().getByLabel('Score', { exact: true }).fill('');
    await dialog().getByRole('button', { name: 'Save feedback' }).click();
    await dialog().getByText('Choose thumb up or thumb down.').waitFor();
    expect(await said()).toEqual(before);
  });

  it('narrows the list of calls to those that were scored, and to thumbs down', async () => {
    await page.goto('/app/calls?range=week');
    await page.getByRole('button', { name: 'With feedback' }).click();
    const list = page.getByRole('region', { name: 'Calls with feedback' }).getByRole('row');
    await expect.poll(() => list.count()).toBe(3);
    await page.getByRole('button', { name: 'Below 50 %' }).click();
    await expect.poll(() => list.count()).toBe(2);
    expect(await list.nth(1).textContent()).toMatch(/^Down.+Far too formalteam/);
    await page.waitForURL(/view=scored/);
    await page.waitForURL(/rating=down/);
    await list.nth(1).getByRole('link').first().click();
    await dialog().getByRole('button', { name: 'Change feedback team' }).waitFor();
    await page.goto('/app/calls?range=week&view=scored&client_id=acme&model=gpt-4o');
    await page.getByText(/^Only acme\. Show all$/i).waitFor();
    await page.goto('/app/calls?range=yesterday&view=scored');
    await page.getByText('No feedback in this range.').waitFor();
  });

  it('is read by viewers, who cannot send any', async () => {
    const viewer = await invited(dashboard.gateway, dashboard.owner, { email: 'vera@agency.example', role: 'viewer' });
    const other = await dashboard.open(`/app/calls?call=${id}`, { cookie: viewer.cookie() });
    await expect.poll(() => rows(other).count()).toBe(3);
    await dialog(other).getByText('Far too formal').waitFor();
    expect(
      await dialog(other)
        .getByRole('button', { name: /Thumb|Save feedback|Change/ })
        .count(),
    ).toBe(0);
    await other.context().close();
  });

  it('is taken for 30 days, and no more offered after them', async () => {
    const old = Date.now() - 31 * 86_400_000;
    const call = await detail();
    const feedback = [] as const;
    await page.route('**/v1/usage/requests/*', (route) =>
      route.fulfill({ json: { ...call, feedback, created_at: new Date(old).toISOString() } }),
    );
    await page.goto(`/app/calls?call=${idAt('req', old)}${'0'.repeat(16)}`);
    await dialog().getByText('Feedback is taken for 30 days after a call.').waitFor();
    expect(await dialog().getByRole('button', { name: 'Thumb up' }).count()).toBe(0);
    await page.unroute('**/v1/usage/requests/*');
  });

  it('has no serious fault that axe finds, in both themes and widths, and runs off the side of no phone', async () => {
    const paths = [`/app/calls?call=${id}`, '/app/calls?range=week&view=scored'];
    for (const path of paths) {
      expect([path, await dashboard.faultsByAxe(path)]).toEqual([path, []]);
      expect([path, await dashboard.faultsByAxe(path, { theme: 'dark', width: 390 })]).toEqual([path, []]);
      const phone = await dashboard.open(path, { width: 390 });
      await settled(phone);
      expect([path, await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
      await phone.context().close();
    }
  }, 120_000);
});
