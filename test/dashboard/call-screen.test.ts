import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';

describe.skipIf(chromiumPath === undefined)(`the detail of a call${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  let page: Page;
  const dialog = () => page.getByRole('dialog');

  beforeAll(async () => {
    dashboard = await openDashboard();
    const { gateway } = dashboard;
    const rule = { name: 'Acme is easy', when: { field: 'client_id', eq: 'acme' }, then: { model: 'gpt-4o-mini' } };
    await json(gateway.post('/v1/routing/rules', rule), 201);
    await json(gateway.post('/v1/prompts', { id: 'greet', name: 'Greet' }), 201);
    await json(gateway.post('/v1/prompts/greet/versions', { messages: [{ role: 'user', content: 'Hi' }] }), 201);
    await json(gateway.send('PUT', '/v1/prompts/greet/labels/production', { version: 1 }));
    const arms = [{ name: 'A' }, { name: 'B', model: 'gpt-4o-mini' }].map((arm) => ({ ...arm, weight: 1 }));
    const when = { field: 'client_id', eq: 'globex' };
    const made = { name: 'tone', unit: 'client', when, arms, metric: 'cost' };
    const { id } = await json<{ id: string }>(gateway.post('/v1/experiments', made), 201);
    await json(gateway.post(`/v1/experiments/${id}/start`, {}));
    page = await dashboard.open('/app/calls');
  });
  afterAll(() => dashboard.stop());

  /** Makes a call, and opens it once it is on record. */
  async function open(headers: Record<string, string>, body: object, input = 4_000): Promise<string> {
    const { gateway } = dashboard;
    gateway.fakes.openai.reply({ text: 'Hello.', usage: { input, output: 900 } });
    const answer = await gateway.post(chat, body, headers);
    await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    await eventually(async () =>
      expect(await json(gateway.get(`/v1/usage/requests/${id}`))).toMatchObject({ status: 'succeeded' }),
    );
    await page.goto(`/app/calls?call=${id}`);
    await dialog().getByText('Model asked for').waitFor();
    return id;
  }

  it('speaks of one token as of one', async () => {
    await open({}, hello(), 1);
    await dialog().getByText('1 token in (0 cached)').waitFor();
    await open({}, hello(), 2);
    await dialog().getByText('2 tokens in (0 cached)').waitFor();
  });

  it('says which rule decided, the prompt with its version and the saving, and leads to each', async () => {
    await open({ 'x-client-id': 'acme' }, { model: 'auto', prompt: { id: 'greet' } });
    await dialog().getByText('A rule (rule "Acme is easy" v1)').waitFor();
    const saved = dialog().locator('dl > div').filter({ hasText: 'Saved' });
    expect(await saved.textContent()).toMatch(/^Saved\+\$0\.\d+ by rules$/);
    await dialog().getByRole('link', { name: 'greet@1' }).click();
    await page.getByRole('heading', { level: 1, name: 'Greet' }).waitFor();
    await page.goBack();
    await dialog().getByRole('link', { name: 'Acme is easy' }).click();
    await page.waitForURL(/routing\?rule=acme-is-easy/);
    await dialog().getByLabel('Name', { exact: true }).waitFor();
  });

  it('says which arm of an experiment the call was in and what people thought of it, and leads to the experiment', async () => {
    const id = await open({ 'x-client-id': 'globex' }, hello({ model: 'auto' }));
    await dialog()
      .getByText(/, arm [AB]/)
      .waitFor();
    await json(dashboard.gateway.post('/v1/feedback', { request_id: id, score: 'up', comment: 'Just right' }));
    const feedback = dialog().getByRole('region', { name: 'Feedback on this call' }).getByRole('row').nth(1);
    await expect.poll(() => feedback.textContent()).toMatch(/^Upuser.+Just right/);
    await dialog().getByRole('link', { name: 'tone' }).click();
    await page.getByRole('heading', { level: 1, name: 'tone' }).waitFor();
  });

  it('says that an answer came from memory, and names the task', async () => {
    const headers = { 'x-client-id': 'initech', 'x-scenario-id': '42', 'x-gateway-cache': 'ttl=3600' };
    await open(headers, hello({ model: 'auto' }));
    await dialog().getByText('The answer is kept for equal calls').waitFor();
    await open(headers, hello({ model: 'auto' }));
    await dialog().getByText('Answered from memory, at no cost').waitFor();
    await dialog().locator('dl > div').filter({ hasText: 'Task' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'Evidence by task' }).waitFor();
  });

  it('has no serious fault that axe finds, in both themes', async () => {
    await page.goto('/app/calls');
    const call = await page.getByRole('region', { name: 'Calls' }).getByRole('link').first().getAttribute('href');
    expect(await dashboard.faultsByAxe(call ?? '')).toEqual([]);
    expect(await dashboard.faultsByAxe(call ?? '', { theme: 'dark', width: 390 })).toEqual([]);
  }, 120_000);
});
