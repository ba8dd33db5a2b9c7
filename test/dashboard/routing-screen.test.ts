import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPair } from '../../gateway/src/routing/task-claim-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

interface Rules {
  version: number;
  data: { id: string; name: string; enabled: boolean; priority: number; when: object; then: object }[];
}

describe.skipIf(chromiumPath === undefined)(`the screen Routing${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const rules = (): Promise<Rules> => json<Rules>(dashboard.gateway.get('/v1/routing/rules'));
  const names = async (): Promise<string[]> => (await rules()).data.map(({ name }) => name);
  const dialog = () => page.getByRole('dialog');

  beforeAll(async () => {
    dashboard = await openDashboard();
    for (const client of ['acme', 'acme', 'globex'])
      await json(dashboard.gateway.post(chat, hello({ model: 'auto' }), { 'x-client-id': client }));
    page = await dashboard.open('/app/routing');
  });
  afterAll(() => dashboard.stop());

  it('says how a first rule comes about, and counts the calls that it would have met while it is typed', async () => {
    await page.getByText('No rule yet.').waitFor();
    await page.getByRole('button', { name: 'New rule' }).click();
    await page.waitForURL(/rule=new/);
    await dialog().getByLabel('Name', { exact: true }).fill('Acme is easy');
    await dialog().getByLabel('Condition 1: values, one a line').fill('acme');
    await dialog().getByText('2 of the last 3 calls').waitFor();
    await dialog().getByLabel('Model', { exact: true }).fill('gpt-4o-mini');
    await dialog()
      .getByText(/They cost \$/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('Acme is easy holds from the next call on').waitFor();
    expect((await rules()).data).toMatchObject([
      { name: 'Acme is easy', when: { all: [{ field: 'client_id', in: ['acme'] }] }, then: { model: 'gpt-4o-mini' } },
    ]);
    await page.getByText('client is one of “acme”').waitFor();
  });

  it('shows a fault at its field, in the words of the API', async () => {
    dashboard.expectProblem(/status of 400/);
    await page.goto('/app/routing?rule=new');
    await dialog().getByLabel('Name', { exact: true }).fill('Nested');
    await dialog().getByRole('button', { name: 'Add a group' }).click();
    const pattern = dialog().getByLabel('Condition 2 1: field');
    await pattern.selectOption({ label: 'Last user text' });
    await dialog().getByLabel('Condition 2 1: comparison').selectOption({ label: 'matches the pattern' });
    await dialog().getByLabel('Condition 1: values, one a line').fill('acme');
    await dialog().getByLabel('Condition 2 1: value', { exact: true }).fill('(?=a)');
    await dialog().getByLabel('Model', { exact: true }).fill('gpt-4o-mini');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(() => dialog().getByLabel('Condition 2 1: value', { exact: true }).getAttribute('aria-invalid'))
      .toBe('true');
    await dialog().getByRole('alert').first().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    expect(await names()).toEqual(['Acme is easy']);
  });

  it('moves rules by buttons and by keyboard, and switches one off and on again', async () => {
    const block = {
      name: 'No Globex',
      when: { field: 'client_id', eq: 'globex' },
      then: { block: { message: 'No.' } },
    };
    await json(dashboard.gateway.post('/v1/routing/rules', block), 201);
    await page.goto('/app/routing');
    await page.getByRole('button', { name: 'Move No Globex up' }).click();
    await eventually(async () => expect(await names()).toEqual(['No Globex', 'Acme is easy']));
    await page.getByText('No Globex is rule 1 of 2').waitFor();
    await page.getByRole('link', { name: 'No Globex' }).focus();
    await page.keyboard.press('Alt+ArrowDown');
    await eventually(async () => expect(await names()).toEqual(['Acme is easy', 'No Globex']));
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('No Globex');
    await page.getByRole('button', { name: 'Switch off No Globex' }).click();
    await eventually(async () => expect((await rules()).data[1]).toMatchObject({ enabled: false }));
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => expect((await rules()).data[1]).toMatchObject({ enabled: true }));
  });

  it('refuses to save over a change of somebody else, and saves when it is asked again', async () => {
    dashboard.expectProblem(/status of 409/);
    await page.goto('/app/routing');
    await page.getByRole('link', { name: 'Acme is easy' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('Acme is cheap');
    const { data } = await rules();
    await json(dashboard.gateway.send('PATCH', `/v1/routing/rules/${data[1]?.id}`, { enabled: false }));
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('button', { name: 'Save again' }).click();
    await eventually(async () => expect(await names()).toEqual(['Acme is cheap', 'No Globex']));
  });

  it('shows what each version changed, and goes back to one in two steps', async () => {
    const { version } = await rules();
    await page.goto('/app/routing?tab=versions');
    await page.getByRole('button', { name: `Show version ${version}` }).click();
    await dialog().getByText('Acme is cheap').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Activate version 1', exact: true }).click();
    await dialog().getByRole('button', { name: 'Activate' }).click();
    await eventually(async () => expect(await names()).toEqual(['Acme is easy']));
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => expect(await names()).toEqual(['Acme is cheap', 'No Globex']));
  });

  it('explains where a call would go, and why', async () => {
    await page.goto('/app/routing?tab=explain');
    await page.getByLabel('Client').fill('acme');
    await page.getByLabel('User text').fill('Please pay this invoice.');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: 'gpt-4o-mini would answer' }).waitFor();
    await page
      .getByText(/rule "Acme is cheap"/)
      .first()
      .waitFor();
    const row = page.getByRole('region', { name: 'Rules' }).getByRole('row').nth(1);
    await expect.poll(() => row.textContent()).toContain('Yes');
  });

  it('sets the models, the dial, learning and a client of auto, each with a sentence on what it does', async () => {
    await page.goto('/app/routing?tab=auto');
    await page.getByText('In use now:').waitFor();
    await page.getByText('The small model answers unless your calls show').waitFor();
    await page.getByLabel('Quality', { exact: true }).check();
    for (const [at, model] of ['gpt-4o-mini', 'gpt-4o'].entries()) {
      await page.getByRole('button', { name: 'Add a model' }).click();
      await page.getByLabel(`Model ${at + 1}`, { exact: true }).fill(model);
    }
    expect(await page.getByLabel('Class of model 1').inputValue()).toBe('small');
    expect(await page.getByLabel('Class of model 2').inputValue()).toBe('strong');
    await page.getByLabel('Compare answers of both classes').check();
    await page.getByLabel('Sample (% of calls)').fill('100');
    await page.getByLabel('Most a day (USD)').fill('2,5');
    await page.getByText('Baseline, allowed models, and clients and keys that differ').click();
    await page.getByLabel('Baseline model', { exact: true }).fill('gpt-4o');
    await page.getByLabel('Allowed models', { exact: true }).fill('gpt-4o\ngpt-4o-mini');
    await page.getByRole('button', { name: 'Add a client that differs' }).click();
    await page.getByLabel('Client 1', { exact: true }).fill('acme');
    await page.getByLabel('Dial of client 1').selectOption('cost');
    await page.getByLabel('Learning of client 1').selectOption({ label: 'Off: never answered twice' });
    await page.getByRole('button', { name: 'Add a key that differs' }).click();
    await page.getByLabel('Key 1', { exact: true }).selectOption({ index: 1 });
    await page.getByLabel('Learning of key 1').selectOption('off');
    await page.getByLabel('Note').fill('To save');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Auto is saved, and holds from the next call on').waitFor();
    const auto = await json(dashboard.gateway.get('/v1/routing/auto'));
    expect(auto).toMatchObject({
      pool: [
        { model: 'gpt-4o-mini', class: 'small' },
        { model: 'gpt-4o', class: 'strong' },
      ],
      dial: 'quality',
      baseline_model: 'gpt-4o',
      allowed_models: ['gpt-4o', 'gpt-4o-mini'],
      learning: { enabled: true, sample_percent: 100, max_usd_per_day: 2.5, judge: 'agreement' },
      per_client: { acme: { dial: 'cost', learning: { enabled: false } } },
    });
    const { per_key: perKey } = await json<{ per_key: object }>(dashboard.gateway.get('/v1/routing/auto'));
    expect(Object.values(perKey)).toEqual([{ learning: { enabled: false } }]);
    await page.reload();
    await expect.poll(() => page.getByLabel('Client 1', { exact: true }).inputValue()).toBe('acme');
  });

  it('shows a fault of auto at its field, and a change of somebody else as a conflict', async () => {
    dashboard.expectProblem(/status of 40[49]/);
    await page.getByLabel('Sample (% of calls)').fill('200');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.getByLabel('Sample (% of calls)').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Sample (% of calls)').fill('50');
    await page.getByLabel('Model 1', { exact: true }).fill('no-such-model');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.getByLabel('Model 1', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Model 1', { exact: true }).fill('gpt-4o-mini');
    await json(dashboard.gateway.send('PUT', '/v1/routing/auto', { dial: 'balanced' }));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Save again' }).click();
    await page.getByText('Auto is saved, and holds from the next call on').last().waitFor();
    expect(await json(dashboard.gateway.get('/v1/routing/auto'))).toMatchObject({
      dial: 'quality',
      learning: { sample_percent: 50 },
    });
  });

  it('loses no entry of auto without a word, and shows each fault, also one that no field has', async () => {
    dashboard.expectProblem(/status of 400/);
    const save = () => page.getByRole('button', { name: 'Save' }).click();
    const isWrong = (label: string) =>
      expect.poll(() => page.getByLabel(label, { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.reload();
    await page.getByRole('button', { name: 'Add a client that differs' }).click();
    await page.getByRole('button', { name: 'Add a key that differs' }).click();
    await save();
    await isWrong('Client 2');
    await page.getByRole('button', { name: 'Remove client 2' }).click();
    await save();
    await isWrong('Key 2');
    expect(await page.getByLabel('Learning of key 2').inputValue()).toBe('');
    await page.getByRole('button', { name: 'Remove key 2' }).click();
    await page.getByLabel('Note').fill('x'.repeat(501));
    await save();
    await isWrong('Note');
    await page.getByLabel('Note').fill('');
    const error = { code: 'invalid_request', message: 'The classes are too large.', param: 'classes', type: 'x' };
    await page.route('**/v1/routing/auto', (route) =>
      route.request().method() === 'PUT' ? route.fulfill({ status: 400, json: { error } }) : route.fallback(),
    );
    await save();
    await page.getByText('The classes are too large.').waitFor();
    await page.unroute('**/v1/routing/auto');
  });

  it('keeps the limits of a rule open when the only one is emptied', async () => {
    await page.goto('/app/routing?rule=new');
    await dialog().getByText('Limits and more').click();
    const cap = dialog().getByLabel('Longest answer (tokens)');
    await cap.fill('5');
    await cap.fill('');
    await dialog().getByLabel('Name', { exact: true }).fill('Open');
    expect(await cap.isVisible()).toBe(true);
    await page.goto('/app/routing?tab=auto');
    await page.getByText('In use now:').waitFor();
  });

  it('shows the evidence of each task with its state, and the model that the task goes to now', async () => {
    const { gateway } = dashboard;
    const { rows } = await gateway.database.pool.query('select id from workspaces order by created_at limit 1');
    const [{ id: workspaceId } = { id: '' }] = rows as { id: string }[];
    const pair = { workspaceId, livemode: true, topic: 'classify', weak: 'gpt-4o-mini', strong: 'gpt-4o' };
    const tasks = { '1a': '1'.repeat(200), '2b': '1'.repeat(30), '3c': '0'.repeat(30) };
    for (const [task, pairs] of Object.entries(tasks))
      for (const one of pairs)
        await addPair(gateway.database.pool, { ...pair, task: task.repeat(16), agrees: one === '1' }, 0.98);
    await page.reload();
    const row = (task: string) =>
      page
        .getByRole('region', { name: 'Evidence by task' })
        .getByRole('row')
        .filter({ hasText: task.repeat(4) });
    await expect
      .poll(() => row('1a').textContent())
      .toMatch(/classification.*200100\.0 %9\d\.\d %98 %.*Cleared.*gpt-4o-mini200 pairs agree 100%/);
    expect(await row('2b').textContent()).toMatch(/Measuring.*gpt-4o/);
    expect(await row('3c').textContent()).toMatch(/0\.0 %–98 %.*Refuted/);
  });

  it('has no serious fault that axe finds, in both themes and widths, and runs off the side of no phone', async () => {
    const paths = ['', '?tab=auto', '?tab=versions', '?tab=explain', '?rule=new'].map((end) => `/app/routing${end}`);
    for (const path of paths) expect([path, await dashboard.faultsByAxe(path)]).toEqual([path, []]);
    expect(await dashboard.faultsByAxe('/app/routing?rule=new', { theme: 'dark', width: 390 })).toEqual([]);
    const phone = await dashboard.open('/app/routing', { width: 390 });
    for (const path of paths) {
      await phone.goto(path);
      await settled(phone);
      expect([path, await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
    }
    await phone.context().close();
  }, 120_000);
});
