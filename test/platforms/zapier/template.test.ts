import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import template from '../../../integrations/zapier/templates/classify-emails-under-a-budget.json' with { type: 'json' };
import withPrompt from '../../../integrations/zapier/templates/classify-emails-with-a-prompt.json' with {
  type: 'json',
};
import { eventually } from '../../support/ask.ts';
import { draftBetween } from '../../support/prompts.ts';
import { pushExamplePrompts } from '../../support/push-example-prompts.ts';
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

const stepsIn = (zaps: { steps: object[] }[]): OurStep[] =>
  zaps.flatMap((zap) => zap.steps).filter((step): step is OurStep => 'step' in step);
const ours = [template.once as OurStep, ...stepsIn(template.zaps)];

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

describe('the template with a prompt', () => {
  const [run, feedback, verdict, adopt] = stepsIn(withPrompt.zaps) as [OurStep, OurStep, OurStep, OurStep];

  test.each([run, feedback, verdict, adopt].map(({ step, fields }) => [step, fields] as const))(
    '%s names fields there are',
    async (path, fields) => {
      await pushExamplePrompts(gateway);
      const { results } = await openApp({ url: gateway.url, key: liveKey }).execute(
        `${path}.operation.inputFields`,
        fields,
      );
      const shown = (results as { key: string }[]).map(({ key }) => key);
      expect(shown).toEqual(expect.arrayContaining(Object.keys(fields)));
      expect(steps.find(({ kind, step }) => `${kind}.${step.key}` === path)?.hidden).toBe(false);
    },
  );

  test('sorts e-mails with the prompt of the examples, scores them, and adopts the better version', async () => {
    await pushExamplePrompts(gateway);
    const door = openZapier(gateway.url, liveKey);
    gateway.fakes.openai.usually({ text: '{"category":"invoice","summary":"Pay it."}' });
    const mail = {
      ...run.fields,
      variables__subject: 'Invoice',
      variables__body: 'Please pay.',
      execution_id: 'mail-1',
      // The budget of the other template is spent by now.
      scenario_id: 'classify-with-a-prompt',
    };
    const answer = await door.create('prompts_run', mail);
    expect(answer).toMatchObject({ json: { category: 'invoice' }, prompt: { id: 'classify-email', version: 1 } });
    const scored = { ...feedback.fields, request_id: answer.request_id, score: 'up' };
    expect(await eventually(() => door.create('feedback_create', scored))).toMatchObject({
      name: 'category',
      score: 1,
    });
    const { id } = await draftBetween(gateway, { promptId: 'classify-email', versions: [1, 2] });
    await door.create('experiments_start', { id });
    const adopted = await door.create('experiments_adopt', { id, arm: 'B' });
    expect(adopted).toMatchObject({ adopted: { arm: 'B', prompt: { version: 2 } } });
    expect(await door.create('prompts_run', mail)).toMatchObject({ prompt: { version: 2 } });
  });
});
