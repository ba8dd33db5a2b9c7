import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

interface Experiments {
  data: { id: string; state: string; arms: object[]; adopted: object | null }[];
}

describe.skipIf(chromiumPath === undefined)(`the screen Experiments${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const dialog = () => page.getByRole('dialog');
  const first = async () => (await json<Experiments>(dashboard.gateway.get('/v1/experiments'))).data[0];

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

  it('starts in two steps, and shows its arms with the calls that are left out', async () => {
    await page.getByRole('button', { name: 'Start' }).click();
    await dialog().getByText('50 % A, 50 % B').waitFor();
    await dialog().getByRole('button', { name: 'Start' }).click();
    await page.getByText('small is running').waitFor();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^Too early: 0 of about [\d,]+ runs/).waitFor();
    await result.getByText(/Left out: 0 calls without the unit/).waitFor();
    for (const arm of ['A', 'B']) await result.getByRole('cell', { name: arm, exact: true }).waitFor();
  });

  it('stops in two steps', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    await dialog().getByRole('button', { name: 'Stop' }).click();
    await page.getByText('small is stopped').waitFor();
    expect(await first()).toMatchObject({ state: 'stopped' });
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
  });
});
