import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, json } from '../../support/ask.ts';
import { type FormField, formValues } from '../../support/make-runtime/form-values.ts';
import { draftBetween, likeVersionTwo } from '../../support/prompts.ts';
import { pushExamplePrompts } from '../../support/push-example-prompts.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { app, type MakeHost, openMake } from './make-host.ts';
import { type Keys, keysOfInterface } from './shapes.ts';

const folder = fileURLToPath(new URL('../../../integrations/make/templates/', import.meta.url));

interface Step {
  id: number;
  module: string;
  version: number;
  parameters: Record<string, unknown>;
  mapper: Record<string, unknown>;
  filter?: { name: string; conditions: { a: string; o: string; b?: string }[][] };
  metadata: { designer: { x: number; y: number } };
}

interface Blueprint {
  name: string;
  flow: Step[];
  metadata: { instant: boolean; version: number; scenario: object; designer: object };
}

const blueprints = readdirSync(folder)
  .toSorted()
  .map((file): [string, Blueprint] => [file, JSON.parse(readFileSync(folder + file, 'utf8')) as Blueprint]);
const ours = /^app#ai-gateway:(\w+)$/;

/** Our module behind a step, if it is one of ours. */
function moduleOf({ module }: Step) {
  const id = ours.exec(module)?.[1];
  return id === undefined ? undefined : app.module[id];
}

/** The fields of a prompt are known at a gateway only: the run below fills them in. */
function withoutRemote(field: FormField): FormField {
  const { options } = field;
  if (typeof options !== 'object' || Array.isArray(options)) return field;
  return { ...field, options: { ...options, nested: options.nested?.map((one) => ({ ...one, type: 'any' })) ?? [] } };
}

describe.each(blueprints)('%s', (_, { name, flow, metadata }) => {
  test('has the shape of a blueprint', () => {
    expect(name).toMatch(/^AI Gateway: /);
    expect(metadata).toMatchObject({ version: 1, scenario: { roundtrips: 1 }, designer: { orphans: [] } });
    expect(flow.map(({ id }) => id)).toEqual(flow.map((_, at) => at + 1));
    for (const step of flow) {
      expect(step.module).toMatch(/^(app#ai-gateway|email|slack):\w+$/);
      expect(step.version).toBeGreaterThan(0);
      expect(step.metadata.designer).toMatchObject({ x: expect.any(Number), y: expect.any(Number) });
      // A person who imports it chooses connections and webhooks of their own.
      expect(JSON.stringify(step)).not.toMatch(/__IMTCONN__|__IMTHOOK__|account"/);
    }
  });

  test('fills in our modules as their forms ask', () => {
    for (const step of flow) {
      if (!step.module.startsWith('app#')) continue;
      const module = moduleOf(step);
      expect(module, step.module).toBeDefined();
      expect(module?.moduleType === 'instant_trigger').toBe(metadata.instant && step.id === 1);
      const { staticParams = [], mappableParams = [] } = module?.code ?? {};
      formValues(staticParams as FormField[], step.parameters);
      formValues((mappableParams as FormField[]).map(withoutRemote), step.mapper);
    }
  });

  test('maps only fields that our modules give', () => {
    const text = JSON.stringify(flow);
    for (const [, id = '', path = ''] of text.matchAll(/\b(\d)\.([a-z_]+(?:\.[a-z_]+)*)/g)) {
      const step = flow[Number(id) - 1];
      const module = step === undefined ? undefined : moduleOf(step);
      if (module === undefined) continue;
      let given: Keys | true | undefined = keysOfInterface(module.code.interface);
      for (const key of path.split('.')) given = given === true ? true : given?.[key];
      expect(given, `{{${id}.${path}}}`).toBeDefined();
    }
  });
});

describe('run against a gateway', () => {
  let gateway: TestGateway;
  let make: MakeHost;

  beforeAll(async () => {
    gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
    make = await openMake(gateway.url, liveKey);
  });
  afterAll(() => gateway.stop());

  const stepOf = (file: string, module: string): Step => {
    const found = blueprints.find(([name]) => name === file)?.[1].flow.find((step) => step.module.endsWith(module));
    if (found === undefined) throw new Error(`${file} has no ${module}.`);
    return found;
  };

  test('e-mails are classified with the prompt of the examples, scored, and the better version is adopted', async () => {
    await pushExamplePrompts(gateway);
    const file = '4-classify-emails-with-a-prompt.json';
    const { variables, ...run } = stepOf(file, ':promptsRun').mapper;
    // The fields of the form are those of the prompt.
    const form = await make.make.form('promptsRun', { connection: make.connection, parameters: { id: run.id } });
    expect(JSON.stringify(form)).toContain('The subject of the e-mail.');
    gateway.fakes.openai.usually({ text: '{"category":"invoice","summary":"Pay it."}' });
    const mail = { ...(variables as object), subject: 'Invoice 4711', body: 'Please pay.' };
    const answer = await make.act('promptsRun', { ...run, variables: mail });
    expect(answer).toMatchObject({ json: { category: 'invoice' }, prompt: { id: 'classify-email', version: 1 } });
    const score = { ...stepOf(file, ':feedbackCreate').mapper, request_id: answer.request_id, score: 'up' };
    expect(await eventually(() => make.act('feedbackCreate', score))).toMatchObject({ name: 'category', score: 1 });

    const { id } = await draftBetween(gateway, { promptId: 'classify-email', versions: [1, 2], name: 'mails' });
    await json(gateway.post(`/v1/experiments/${id}/start`, {}));
    const listening = await make.listen('watchExperimentVerdicts');
    await likeVersionTwo(gateway, {
      promptId: 'classify-email',
      experimentId: id,
      variable: 'subject',
      variables: { body: 'x' },
    });
    const [verdict] = await listening.waitFor(1, 30_000);
    await listening.stop();
    expect(verdict).toMatchObject({ verdict: 'better', winner: 'B', experiment: { id, name: 'mails' } });
    expect(await make.act('experimentsAdopt', { id })).toMatchObject({
      adopted: { arm: 'B', prompt: { id: 'classify-email', version: 2 } },
    });
  }, 120_000);

  test('e-mails are classified under the budget, and the alert comes at 80 %', async () => {
    const budget = stepOf('1-create-the-budget.json', ':budgetsCreate').mapper;
    await make.act('budgetsCreate', { ...budget, limit_usd: 0.01 });
    const alert = stepOf('3-tell-slack-at-80-percent.json', ':watchBudgetAlerts');
    const listening = await make.onBudgetAlert(alert.parameters);
    // 57,000 tokens of gpt-4o-mini are $0.00855.
    const usage = { input: 57_000, output: 0 };
    gateway.fakes.openai.reply({ text: '{"category":"invoice","summary":"Pay it."}', usage });
    const classify = { ...stepOf('2-classify-emails.json', ':chatComplete').mapper, model: 'gpt-4o-mini' };
    const answer = await make.act('chatComplete', { ...classify, prompt: 'Subject: Invoice 4711' });
    expect(answer.json).toEqual({ category: 'invoice', summary: 'Pay it.' });
    const alerts = await listening.waitFor(1);
    expect(alerts).toMatchObject([
      {
        percent: 80,
        project: 'e-mail-sorting',
        budget: { name: 'E-mail sorting', scope: { project: 'e-mail-sorting' } },
      },
    ]);
    await listening.stop();
    // The filter before Slack lets this alert through, and none of another budget that the same call passed.
    const [filter] = stepOf('3-tell-slack-at-80-percent.json', 'slack:CreateMessage').filter?.conditions ?? [];
    const lets = (alert: unknown): boolean =>
      (filter ?? []).every(({ a, o, b }) => {
        const path = /^\{\{1\.(.+)\}\}$/.exec(a)?.[1]?.split('.') ?? [];
        const value = path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], alert);
        return o === 'text:equal' ? value === b : o === 'number:greaterorequal' && Number(value) >= Number(b);
      });
    const [alert0] = alerts;
    expect(lets(alert0)).toBe(true);
    expect(lets({ ...alert0, percent: 50 })).toBe(false);
    expect(lets({ ...alert0, budget: { name: 'All of us', scope: {} } })).toBe(false);
  });
});
