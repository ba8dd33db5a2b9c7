import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import {
  chromiumPath,
  type Dashboard,
  leftOutWithoutChromium,
  openDashboard,
  settled,
} from '../support/open-dashboard.ts';

interface Version {
  version: number;
  messages: { role: string; content: string }[];
  variables: object[];
  model: string | null;
  note: string;
}

describe.skipIf(chromiumPath === undefined)(`the screen Prompts${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const dialog = () => page.getByRole('dialog');
  const version = (n: number): Promise<Version> =>
    json<Version>(dashboard.gateway.get(`/v1/prompts/support-reply/versions/${n}`));
  const labels = async (): Promise<object[]> =>
    (await json<{ labels: object[] }>(dashboard.gateway.get('/v1/prompts/support-reply'))).labels;

  beforeAll(async () => {
    dashboard = await openDashboard();
    page = await dashboard.open('/app');
  });
  afterAll(() => dashboard.stop());

  it('creates a prompt, and leads to its editor', async () => {
    await page.getByRole('link', { name: 'Prompts', exact: true }).click();
    await page.getByText('No prompt yet.').waitFor();
    await page.getByRole('button', { name: 'New prompt' }).click();
    await dialog().getByLabel('Name').fill('Support reply');
    await dialog().getByLabel('Id').fill('support-reply');
    await dialog().getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Support reply' }).waitFor();
    await page.getByText('No version yet.').waitFor();
  });

  it('saves a version with variables that the texts name, and publishes it', async () => {
    await page.getByLabel('Message 1: text').fill('You answer e-mails of customers. Tone: {{tone}}.');
    await page.getByLabel('Message 2: text').fill('{{email}}');
    await page.getByText('tone, email: used in the messages').waitFor();
    await page.getByRole('button', { name: 'Add them' }).click();
    await page.getByLabel('Variable 1: type').selectOption({ label: 'Choice' });
    await page.getByLabel('Variable 1: options, one a line').fill('friendly\nformal');
    await page.getByLabel('Variable 1: default').fill('friendly');
    await page.getByLabel('Variable 1: required').uncheck();
    await page.getByLabel('Model', { exact: true }).fill('gpt-4o-mini');
    await page.getByLabel('Longest answer (tokens)').fill('400');
    await page.getByLabel('Note').fill('The first one');
    await page.getByRole('button', { name: 'Save and publish' }).click();
    await page.getByText('production points at version 1').waitFor();
    expect(await version(1)).toMatchObject({
      messages: [{ role: 'system' }, { role: 'user', content: '{{email}}' }],
      variables: [
        { name: 'tone', type: 'choice', required: false, default: 'friendly', options: ['friendly', 'formal'] },
        { name: 'email', type: 'text', required: true },
      ],
      model: 'gpt-4o-mini',
      parameters: { max_tokens: 400 },
      note: 'The first one',
    });
  });

  it('shows a fault at its field, in the words of the API', async () => {
    dashboard.expectProblem(/status of 400/);
    await page.getByRole('heading', { name: 'Version 1, the newest' }).waitFor();
    await page.getByRole('button', { name: 'Add a variable' }).click();
    await page.getByLabel('Variable 3: name').fill('two words');
    await page.getByRole('button', { name: 'Save version' }).click();
    await expect.poll(() => page.getByLabel('Variable 3: name').getAttribute('aria-invalid')).toBe('true');
    await page.getByText('must be 1 to 64 letters, digits and _').waitFor();
    await page.getByRole('button', { name: 'Remove Variable 3' }).click();
    await page.getByLabel('Message 1: text').fill('Tone: {{tone}}. Never {{promise}}.');
    await page.getByRole('button', { name: 'Save version' }).click();
    await page.getByText('The texts name variables that are not declared: `promise`').waitFor();
  });

  it('compares two versions line by line', async () => {
    await page.getByLabel('Message 1: text').fill('You answer e-mails of customers.\nKeep it short.\nTone: {{tone}}.');
    await page.getByRole('button', { name: 'Save version' }).click();
    await page.getByText('Version 2 is saved').waitFor();
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('heading', { name: 'From version 1 to version 2' }).waitFor();
    const diff = page.getByRole('region', { name: 'Differences between version 1 and version 2' });
    await expect.poll(() => diff.textContent()).toContain('Added: Keep it short.');
    expect(await diff.textContent()).toContain('Removed: You answer e-mails of customers. Tone: {{tone}}.');
  });

  it('moves production forward and back, and shows the move of somebody else as a conflict', async () => {
    dashboard.expectProblem(/status of 409/);
    await page.getByRole('button', { name: 'Publish version 2' }).click();
    await eventually(async () => expect(await labels()).toEqual([{ label: 'production', version: 2 }]));
    await page.getByRole('button', { name: 'Roll production back to 1' }).click();
    await eventually(async () => expect(await labels()).toEqual([{ label: 'production', version: 1 }]));
    await page.getByRole('button', { name: 'Move production' }).click();
    await dialog().getByLabel('Version').selectOption('2');
    await json(dashboard.gateway.send('PUT', '/v1/prompts/support-reply/labels/production', { version: 2 }));
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('button', { name: 'Save again' }).waitFor();
    await dialog().getByText('It points at version 2 now.').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
  });

  it('runs versions and models side by side in test mode, with the price of each before', async () => {
    await page.getByRole('link', { name: 'Try' }).click();
    await page.getByText('Fill in the values to see the price.').first().waitFor();
    await page.getByLabel('Email').fill('Where is my parcel?');
    await page.getByRole('button', { name: 'Add a column' }).click();
    await page.getByLabel('Column 1: version').selectOption('1');
    await page.getByLabel('Column 2: model').fill('gpt-4o');
    await page.waitForURL(/columns=1%2C2%7Egpt-4o/);
    const columns = [1, 2].map((n) => page.getByRole('region', { name: `Column ${n}` }));
    for (const column of columns) await column.getByText(/at most \$0\.\d+/).waitFor();
    await page.getByText('The sandbox answers, free of charge.').waitFor();
    await page.getByRole('button', { name: 'Run in test mode' }).click();
    for (const column of columns) await column.getByText('in test mode').waitFor();
    const { data } = await json<{ data: unknown[] }>(dashboard.gateway.get('/v1/usage/requests'));
    expect(data).toEqual([]);
  });

  it('runs live only where that is chosen, and says so before', async () => {
    dashboard.gateway.fakes.openai.reply({ text: 'It arrives on Monday.', usage: { input: 40, output: 8 } });
    await page.getByRole('button', { name: 'Remove Column 2' }).click();
    await page.getByRole('switch', { name: 'Live', exact: true }).click();
    await page.getByText(/Live calls cost money: at most \$0\.\d+ here/).waitFor();
    await page.getByRole('button', { name: 'Run live' }).click();
    await page.getByText('It arrives on Monday.').waitFor();
    await page.getByRole('link', { name: 'the call' }).click();
    await dialog()
      .getByText(/asked for/)
      .waitFor();
    await page.goto('/app/prompts/support-reply?tab=figures');
    const row = page.getByRole('region', { name: 'Figures by version' }).getByRole('row').nth(1);
    await expect.poll(() => row.getByRole('cell').nth(1).textContent()).toBe('1');
  });

  it('archives a prompt after its name is typed, and restores it', async () => {
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await dialog().getByLabel(/^Type/).fill('Support reply');
    await dialog().getByRole('button', { name: 'Archive' }).click();
    await page.getByText('This prompt is archived').waitFor();
    await page.goto('/app/prompts?archived=true');
    await page.getByRole('button', { name: 'Restore Support reply' }).click();
    await page.getByText('Support reply can be called again').waitFor();
  });

  it('imports prompts of another tool once a check has named the conflicts', async () => {
    await page.goto('/app/prompts');
    await page.getByRole('button', { name: 'Import' }).click();
    const prompt = { name: 'triage', version: 1, type: 'text', prompt: 'Sort {{email}}.', labels: ['production'] };
    await dialog()
      .getByLabel('JSON')
      .fill(JSON.stringify([prompt]));
    expect(await dialog().getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);
    await dialog().getByRole('button', { name: 'Check' }).click();
    await dialog().getByText('No conflict.').waitFor();
    await dialog().getByRole('button', { name: 'Import' }).click();
    await page.getByText('One prompt is imported').waitFor();
    await page.getByRole('link', { name: 'triage' }).waitFor();
    await page.getByRole('button', { name: 'Import' }).click();
    await dialog()
      .getByLabel('JSON')
      .fill(JSON.stringify([{ ...prompt, prompt: 'Another {{text}}.' }]));
    await dialog().getByRole('button', { name: 'Check' }).click();
    await dialog().getByText('One prompt is in conflict').waitFor();
    expect(await dialog().getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
  });

  it('has no serious fault that axe finds, in both themes and widths, and runs off the side of no phone', async () => {
    const parts = ['', '?tab=try&columns=1,2', '?tab=versions', '?tab=figures'];
    const paths = ['/app/prompts', ...parts.map((end) => `/app/prompts/support-reply${end}`)];
    for (const path of paths) expect([path, await dashboard.faultsByAxe(path)]).toEqual([path, []]);
    expect(await dashboard.faultsByAxe('/app/prompts/support-reply', { theme: 'dark', width: 390 })).toEqual([]);
    const phone = await dashboard.open('/app/prompts', { width: 390 });
    for (const path of paths) {
      await phone.goto(path);
      await settled(phone);
      expect([path, await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
    }
    await phone.context().close();
  });
});
