import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { callArms } from '../support/call-arms.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

interface Experiments {
  data: { id: string; name: string; state: string; arms: object[]; adopted: object | null }[];
}

describe.skipIf(chromiumPath === undefined)(`the screen Experiments${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const dialog = () => page.getByRole('dialog');
  const first = async () =>
    (await json<Experiments>(dashboard.gateway.get('/v1/experiments'))).data.find(({ name }) => name === 'small');
  const rules = async (): Promise<object[]> =>
    (await json<{ data: object[] }>(dashboard.gateway.get('/v1/routing/rules'))).data;

  beforeAll(async () => {
    dashboard = await openDashboard();
    page = await dashboard.open('/app/experiments');
  });
  afterAll(() => dashboard.stop());

  it('makes a draft that says how large it has to get before it starts', async () => {
    await page.getByText('No experiment yet.').waitFor();
    await page.getByRole('button', { name: 'New experiment' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('small');
    await dialog().getByLabel('Arm 2: model').fill('gpt-4o-mini');
    await dialog().getByLabel('Metric').selectOption({ label: 'Cost' });
    expect(await dialog().getByLabel('Goal').inputValue()).toBe('down');
    await dialog().getByRole('button', { name: 'Create a draft' }).click();
    await page.getByRole('heading', { level: 1, name: 'small' }).waitFor();
    const before = page.getByRole('region', { name: 'Before the start' });
    await expect.poll(() => before.textContent()).toMatch(/About [\d,]+ runs/);
    expect(await first()).toMatchObject({ state: 'draft', arms: [{ name: 'A' }, { name: 'B', model: 'gpt-4o-mini' }] });
  });

  it('shows a fault at its field', async () => {
    await page.getByRole('button', { name: 'Change' }).click();
    await dialog().getByLabel('Arm 1: weight').fill('0');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => dialog().getByLabel('Arm 1: weight').getAttribute('aria-invalid')).toBe('true');
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
  });

  it('starts in two steps, and shows its arms without a word about calls that are left out while there are none', async () => {
    await page.getByRole('button', { name: 'Start' }).click();
    await dialog().getByText('50 % A, 50 % B').waitFor();
    await dialog().getByRole('button', { name: 'Start' }).click();
    await page.getByText('small is running').waitFor();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^Too early: 0 of about [\d,]+ runs/).waitFor();
    await result.getByText('Intervals hold however often you look.', { exact: true }).waitFor();
    for (const arm of ['A', 'B']) await result.getByRole('cell', { name: arm, exact: true }).waitFor();
  });

  it('says that B is better once its own calls show it, and adopts it after a second step', async () => {
    await callArms(dashboard.gateway, { name: 'small', arms: ['A', 'B'], runs: 110 });
    const path = `/v1/experiments/${(await first())?.id}/results`;
    await eventually(
      async () => expect(await json(dashboard.gateway.get(path))).toMatchObject({ winner: 'B' }),
      60_000,
    );
    await page.reload();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^B is better: [\d to]+ % cheaper \([\d,]+ runs\)\. You can adopt it\.$/).waitFor();
    await page.getByRole('button', { name: 'Adopt B' }).click();
    await dialog().getByText('answered as arm B does: gpt-4o-mini. A rule is written for them.').waitFor();
    expect(await rules()).toEqual([]);
    await dialog().getByRole('button', { name: 'Adopt B' }).click();
    await page.getByText('small: B is adopted').waitFor();
    expect(await rules()).toMatchObject([{ name: 'small', then: { model: 'gpt-4o-mini' } }]);
    await result.getByRole('link', { name: 'small' }).waitFor();
    const answer = await dashboard.gateway.post(chat, hello({ model: 'auto' }));
    await answer.text();
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-4o-mini');
  }, 120_000);

  it('takes an adoption back: its rule is deleted, and the experiment says so', async () => {
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Taken back').waitFor();
    expect(await rules()).toEqual([]);
    await page.getByText('Its rule is deleted since: calls go as they did before.').waitFor();
    expect(await first()).toMatchObject({ state: 'adopted', adopted: { arm: 'B' } });
  });

  it('publishes the version of the arm that is adopted, and points production back where it was', async () => {
    const { gateway } = dashboard;
    await json(gateway.post('/v1/prompts', { id: 'greet', name: 'Greet' }), 201);
    for (const content of ['Hi', 'Hello'])
      await json(gateway.post('/v1/prompts/greet/versions', { messages: [{ role: 'user', content }] }), 201);
    await json(gateway.send('PUT', '/v1/prompts/greet/labels/production', { version: 1 }));
    const arms = [1, 2].map((version) => ({ name: `v${version}`, weight: 1, prompt: { id: 'greet', version } }));
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/experiments', { name: 'words', arms, metric: 'cost' }),
      201,
    );
    await json(gateway.post(`/v1/experiments/${id}/start`, {}));
    await page.goto(`/app/experiments/${id}`);
    await page.getByRole('button', { name: 'Adopt v2' }).click();
    await dialog().getByText('The label production of greet moves to version 2.').waitFor();
    await dialog().getByText('The result does not say that it is better.').waitFor();
    await dialog().getByRole('button', { name: 'Adopt v2' }).click();
    await page.getByText('words: v2 is adopted').waitFor();
    const production = async (): Promise<unknown> =>
      (await json<{ labels: object[] }>(gateway.get('/v1/prompts/greet'))).labels[0];
    expect(await production()).toEqual({ label: 'production', version: 2 });
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await eventually(async () => expect(await production()).toEqual({ label: 'production', version: 1 }));
    await page.getByText('and points at version 1 now').waitFor();
  });

  it('takes an adoption back whose rule a colleague has deleted', async () => {
    dashboard.expectProblem(/status of 404/);
    const { gateway } = dashboard;
    const arms = ['gpt-4o', 'gpt-4o-mini'].map((model, at) => ({ name: 'AB'[at], weight: 1, model }));
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/experiments', { name: 'shared', arms, metric: 'cost' }),
      201,
    );
    await json(gateway.post(`/v1/experiments/${id}/start`, {}));
    await page.goto(`/app/experiments/${id}`);
    await page.getByRole('button', { name: 'Adopt B' }).click();
    await dialog().getByRole('button', { name: 'Adopt B' }).click();
    await page.getByText('shared: B is adopted').waitFor();
    const { adopted } = await json<{ adopted: { rule_id: string } }>(gateway.get(`/v1/experiments/${id}`));
    await json(gateway.send('DELETE', `/v1/routing/rules/${adopted.rule_id}`), 204);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Taken back').waitFor();
  });

  it('stops in two steps', async () => {
    const arms = [
      { name: 'A', weight: 1 },
      { name: 'B', weight: 1, model: 'gpt-4o-mini' },
    ];
    const { gateway } = dashboard;
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/experiments', { name: 'short', arms, metric: 'cost' }),
      201,
    );
    await json(gateway.post(`/v1/experiments/${id}/start`, {}));
    await page.goto(`/app/experiments/${id}`);
    await page.getByRole('button', { name: 'Stop' }).click();
    await dialog().getByRole('button', { name: 'Stop' }).click();
    await page.getByText('short is stopped').waitFor();
    expect(await json(gateway.get(`/v1/experiments/${id}`))).toMatchObject({ state: 'stopped' });
  });

  it('has no serious fault that axe finds, in both themes and widths, and runs off the side of no phone', async () => {
    const path = `/app/experiments/${(await first())?.id}`;
    for (const one of ['/app/experiments', path]) expect([one, await dashboard.faultsByAxe(one)]).toEqual([one, []]);
    const openForm = async (other: Page): Promise<void> => {
      await other.getByRole('button', { name: 'New experiment' }).click();
      await other.getByRole('dialog').waitFor();
    };
    const options = { theme: 'dark', width: 390, before: openForm } as const;
    expect(await dashboard.faultsByAxe('/app/experiments', options)).toEqual([]);
    const phone = await dashboard.open(path, { width: 390 });
    await settled(phone);
    expect(await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await phone.context().close();
  }, 120_000);
});
