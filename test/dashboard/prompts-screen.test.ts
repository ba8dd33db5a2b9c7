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
import { invited } from '../support/person.ts';

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

  it('moves production forward and back', async () => {
    await page.getByRole('button', { name: 'Publish version 2' }).click();
    await eventually(async () => expect(await labels()).toEqual([{ label: 'production', version: 2 }]));
    await page.getByRole('button', { name: 'Roll production back to 1' }).click();
    await eventually(async () => expect(await labels()).toEqual([{ label: 'production', version: 1 }]));
  });

  it('shows two people who move a label at once that only one of them did', async () => {
    dashboard.expectProblem(/status of 409/);
    const grace = await invited(dashboard.gateway, dashboard.owner, { email: 'grace@agency.example', role: 'member' });
    const hers = await dashboard.open('/app/prompts/support-reply?tab=versions', { cookie: grace.cookie() });
    for (const one of [page, hers]) {
      await one.getByRole('button', { name: 'Move production' }).click();
      await one.getByRole('dialog').getByLabel('Version').selectOption('2');
    }
    await hers.getByRole('dialog').getByLabel('Note').fill('Tested on Monday');
    await hers.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await hers.getByText('production points at version 2').waitFor();
    await dialog().getByLabel('Version').selectOption('1');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByText('It points at version 2 now. Save again to move it from there.').waitFor();
    expect(await labels()).toEqual([{ label: 'production', version: 2 }]);
    await dialog().getByRole('button', { name: 'Save again' }).click();
    await eventually(async () => expect(await labels()).toEqual([{ label: 'production', version: 1 }]));
    await expect.poll(() => dialog().count()).toBe(0);
    await hers.reload();
    await hers.getByRole('region', { name: 'Moves of labels' }).getByText('Tested on Monday').waitFor();
    await hers.context().close();
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
    await dialog().getByText('Model asked for').waitFor();
    await page.goto('/app/prompts/support-reply?tab=figures');
    const row = page.getByRole('region', { name: 'Figures by version' }).getByRole('row').nth(1);
    await expect.poll(() => row.getByRole('cell').nth(1).textContent()).toBe('1');
  });

  it('has a form field for a variable of every type, and sends each as its type', async () => {
    const { gateway } = dashboard;
    const types = ['text', 'number', 'boolean', 'choice', 'json', 'image', 'messages'];
    const variables = types.map((type) => ({
      ...{ name: `a_${type}`, type, required: true, description: `Help for ${type}.` },
      ...(type === 'choice' ? { options: ['formal', 'friendly'] } : {}),
    }));
    const texts = ['text', 'number', 'boolean', 'choice', 'json'].map((type) => `${type}={{a_${type}}}`).join('; ');
    const messages = [
      { role: 'system', content: texts },
      { placeholder: 'a_messages' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: '{{a_image}}' } }] },
    ];
    await json(gateway.post('/v1/prompts', { id: 'types', name: 'Types' }), 201);
    await json(gateway.post('/v1/prompts/types/versions', { messages, variables, model: 'gpt-4o' }), 201);
    await page.goto('/app/prompts/types?tab=try');
    await page.getByLabel('A text').fill('Hi, {{a_number}}');
    await page.getByLabel('A number').fill('7');
    await page.getByLabel('A boolean').selectOption({ label: 'No' });
    await page.getByLabel('A choice').selectOption('friendly');
    await page.getByLabel('A json').fill('{"a": [1]}');
    await page.getByLabel('A image').fill('data:image/png;base64,iVBORw0KGgo=');
    await page.getByLabel('A messages').fill('[{"role": "user", "content": "Earlier"}]');
    await page.getByText('Help for json.').waitFor();
    const column = page.getByRole('region', { name: 'Column 1' });
    await column.getByText('Messages as they are sent').click();
    const sent = column.locator('pre').first();
    // A value is put in once: the braces in it stay as they are.
    await expect
      .poll(() => sent.textContent())
      .toContain('text=Hi, {{a_number}}; number=7; boolean=false; choice=friendly');
    const whole = await sent.textContent();
    expect(whole).toMatch(/json=\{"a":\s*\[1\]\}/);
    expect(whole).toContain('Earlier');
    expect(whole).toContain('data:image/png');
    await page.getByRole('button', { name: 'Run in test mode' }).click();
    await column.getByText('in test mode').waitFor();
  });

  it('archives a prompt after its name is typed, and restores it', async () => {
    await page.goto('/app/prompts/support-reply');
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await dialog().getByLabel(/^Type/).fill('Support reply');
    await dialog().getByRole('button', { name: 'Archive' }).click();
    await page.getByText('This prompt is archived').waitFor();
    await page.goto('/app/prompts?archived=true');
    await page.getByRole('button', { name: 'Restore Support reply' }).click();
    await page.getByText('Support reply can be called again').waitFor();
  });

  it('says in test mode that an import changes nothing that live calls use', async () => {
    // The mode is the browser's, so the other tests keep theirs.
    const own = await dashboard.open('/app/prompts');
    const note = own.getByRole('dialog').getByText('Live calls use production and the settings of prompts');
    await own.getByRole('button', { name: 'Import' }).click();
    await own.getByLabel('JSON').waitFor();
    expect(await note.count()).toBe(0);
    await own.keyboard.press('Escape');
    await own.getByRole('switch', { name: 'Test mode' }).click();
    await own.getByRole('button', { name: 'Import' }).click();
    await note.waitFor();
    const prompt = { name: 'sorted', version: 1, type: 'text', prompt: 'Sort {{email}}.', labels: ['production'] };
    await own.getByLabel('JSON').fill(JSON.stringify([prompt]));
    await own.getByRole('button', { name: 'Check' }).click();
    await own.getByText('One prompt is in conflict').waitFor();
    await own.context().close();
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
  }, 120_000);
});
