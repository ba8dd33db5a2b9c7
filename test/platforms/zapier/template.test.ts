import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import template from '../../../integrations/zapier/templates/classify-emails-under-a-budget.json' with { type: 'json' };
import { type Received, startReceiver } from '../../support/receiver.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { steps } from './definition.ts';
import { type Json, openApp, openZapier, switchOn } from './zapier-host.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());

interface OurStep {
  step: string;
  fields: Json;
}

const ours = [template.once, ...template.zaps.flatMap((zap) => zap.steps as object[])].filter(
  (step): step is OurStep => 'step' in step,
);

describe('the template', () => {
  test.each(ours.map(({ step, fields }) => [step, fields] as const))('%s names fields there are', (path, fields) => {
    const found = steps.find(({ kind, step }) => `${kind}.${step.key}` === path);
    expect(found?.hidden).toBe(false);
    expect(found?.inputs.map(({ key }) => key)).toEqual(expect.arrayContaining(Object.keys(fields)));
  });

  test('sorts e-mails, notifies Slack at 80 %, and spends nothing more at 100 %', async () => {
    const receiver = await startReceiver();
    const door = openZapier(gateway.url, liveKey);
    const [budget, chat, alert] = ours.map(({ fields }) => fields) as [Json, Json, Json];
    await door.create('budgets_create', { ...budget, limit_usd: '0.001' });
    const on = await switchOn(openApp({ url: gateway.url, key: liveKey }), 'budget_alert', alert, receiver.url);
    const sort = () => door.chat({ ...chat, model: 'gpt-4o-mini' });
    gateway.fakes.openai.reply({
      text: '{"category":"invoice","summary":"Pay it."}',
      usage: { input: 5_500, output: 0 },
    });
    expect(await sort()).toMatchObject({ json: { category: 'invoice', summary: 'Pay it.' } });
    const [reported] = (await receiver.waitFor(1)) as [Received];
    expect(await on.deliver(reported)).toMatchObject([{ percent: 80, budget: { name: 'E-mails' } }]);
    gateway.fakes.openai.usually({ text: '{}', usage: { input: 2_000, output: 0 } });
    await sort().catch(() => undefined);
    await expect(sort()).rejects.toMatchObject({ name: 'HaltedError' });
    await receiver.stop();
  });
});
