import { createHash } from 'node:crypto';
import { contract } from '@ai-gateway/shared/contract';
import { zapierApp } from '@ai-gateway/zapier/app';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makePrompt, sortMails } from '../../support/prompts.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type Json, type OpenApp, openApp, refusalOf, type ZapierRun } from './zapier-host.ts';

let gateway: TestGateway;
let receiver: Receiver;
let zap: OpenApp;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', FIRST_BYTE_TIMEOUT_MS: '10000' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.fakes.reset();
  receiver = await startReceiver();
  zap = openApp({ url: gateway.url, key: liveKey, zapId: '22068168' });
});
afterEach(() => receiver.stop());

const form = (fields: Json = {}): Json => ({ model: 'gpt-4o-mini', prompt: 'Hi', long_answer: true, ...fields });
const stepOf =
  (key: string) =>
  (method: string, fields: Json, more: Json = {}): Promise<ZapierRun> =>
    zap.execute(`creates.${key}.operation.${method}`, fields, more, { callback_url: receiver.url });
const step = stepOf('chat_complete');
const resume = (outputData: unknown, cleanedRequest: unknown, fields: Json = form()) =>
  step('performResume', fields, { outputData, cleanedRequest });

test('a Zap that waits pauses until the gateway calls back, and goes on with the usual answer', async () => {
  gateway.fakes.openai.fault({ kind: 'delay', ms: 400 });
  gateway.fakes.openai.reply({ text: '{"a":1}', usage: { input: 12, output: 1 } });
  const fields = form({ client_id: 'patient', output_format: 'json_object', prompt: 'JSON please {{bundle.meta}}' });
  const paused = await step('perform', fields);
  expect(paused).toMatchObject({ status: 'CALLBACK', results: { status: 'queued', id: expect.any(String) } });
  const [posted] = await receiver.waitFor(1, 10_000);
  const { results } = await resume(paused.results, JSON.parse(posted?.body ?? ''), fields);
  expect(results).toEqual({
    text: '{"a":1}',
    json: { a: 1 },
    refusal: null,
    model: 'gpt-4o-mini',
    finish_reason: 'stop',
    usage: { input_tokens: 12, output_tokens: 1, total_tokens: 13 },
    provider: 'openai',
    cost_usd: expect.closeTo(12 * 0.15e-6 + 0.6e-6, 9),
    budget_remaining_usd: null,
    route: expect.any(String),
    request_id: expect.stringMatching(/^req_/),
    cache: null,
    saved_usd: null,
  });
  const page = (await (await gateway.get('/v1/usage/requests?limit=1')).json()) as { data: Json[] };
  expect(page.data[0]).toMatchObject({
    // By which feedback finds the call.
    id: (results as Json).request_id,
    client_id: 'patient',
    scenario_id: '22068168',
    scenario_platform: 'zapier',
  });
});

test('a step that Zapier tries again is the same call, and paid once', async () => {
  const [first, second] = [await step('perform', form()), await step('perform', form())];
  expect(second.results).toEqual(first.results);
  await receiver.waitFor(1, 10_000);
  expect(gateway.fakes.openai.requests).toHaveLength(1);
  expect(createHash('sha256').update(receiver.url).digest('hex')).toHaveLength(64);
});

test('a test of the step waits for the answer, since Zapier cannot wake a test', async () => {
  const { results, status } = await step('perform', form(), { meta: { isLoadingSample: true } });
  expect({ results, status }).toMatchObject({ status: 'SUCCESS', results: { text: expect.any(String) } });
});

test('an empty prompt does not pause the Zap', async () => {
  expect((await refusalOf(step('perform', form({ prompt: ' ' })))).message).toMatch(/nothing to answer/);
});

test('a refusal in the background stops the Zap as one in the foreground does', async () => {
  await gateway.post('/v1/budgets', { name: 'Spent', limit_usd: 0.0000001, scope: { client_id: 'spent' } });
  const paused = await step('perform', form({ client_id: 'spent' })).catch((error: Error) => error);
  if (paused instanceof Error) {
    expect(paused.name).toBe('HaltedError');
    return;
  }
  const [posted] = await receiver.waitFor(1, 10_000);
  const refusal = await refusalOf(resume(paused.results, JSON.parse(posted?.body ?? '')));
  expect(refusal).toMatchObject({ name: 'HaltedError', message: expect.stringContaining('Spent') });
});

test('a provider that fails in the background is an error', async () => {
  gateway.fakes.openai.always({ kind: 'status', status: 400 });
  const paused = await step('perform', form());
  await receiver.waitFor(1, 10_000);
  expect((await refusalOf(resume(paused.results, {}))).name).toBe('AppError');
});

test('a stranger who posts to the callback address cannot change the answer', async () => {
  gateway.fakes.openai.fault({ kind: 'delay', ms: 1_500 });
  const paused = await step('perform', form());
  const forged = { id: (paused.results as Json).id, status: 'completed', response: { choices: [] } };
  expect((await refusalOf(resume(paused.results, forged))).message).toMatch(/not there yet/);
  expect((await refusalOf(resume({}, forged))).message).toMatch(/was not waiting/);
  // Its call takes none of what the next test tells the provider to answer.
  await receiver.waitFor(1, 10_000);
});

describe('the run of a prompt', () => {
  const promptStep = stepOf('prompts_run');
  const run = (fields: Json = {}): Json => ({ id: 'sort-mails', variables__mail: 'Hi', long_answer: true, ...fields });

  beforeAll(() => makePrompt(gateway, 'sort-mails', sortMails));

  test('pauses the Zap as well, and goes on with its usual answer, which takes feedback', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 400 });
    gateway.fakes.openai.reply({ text: '{"kind":"invoice"}', usage: { input: 12, output: 1 } });
    const paused = await promptStep('perform', run({ client_id: 'patient', execution_id: 'mail-1' }));
    expect(paused).toMatchObject({ status: 'CALLBACK', results: { status: 'queued' } });
    await receiver.waitFor(1, 10_000);
    const more = { outputData: paused.results, cleanedRequest: {} };
    const { results } = (await promptStep('performResume', run(), more)) as { results: Json };
    expect(results).toEqual({
      text: '{"kind":"invoice"}',
      json: { kind: 'invoice' },
      refusal: null,
      model: 'gpt-4o-mini',
      finish_reason: 'stop',
      usage: { input_tokens: 12, output_tokens: 1, total_tokens: 13 },
      provider: 'openai',
      cost_usd: expect.closeTo(12 * 0.15e-6 + 0.6e-6, 9),
      budget_remaining_usd: null,
      route: expect.any(String),
      request_id: expect.stringMatching(/^req_/),
      cache: null,
      saved_usd: null,
      // Outside of an experiment the version is that of the moment at which the run is accepted.
      prompt: { id: 'sort-mails', version: 1, label: null },
    });
    expect(gateway.fakes.openai.requests.at(-1)?.json.messages).toEqual([
      { role: 'user', content: 'Sort this mail: Hi' },
    ]);
    const page = (await (await gateway.get('/v1/usage/requests?limit=1')).json()) as { data: Json[] };
    expect(page.data[0]).toMatchObject({
      ...{ id: results.request_id, client_id: 'patient', scenario_id: '22068168', execution_id: 'mail-1' },
    });
    const feedback = stepOf('feedback_create')('perform', { request_id: results.request_id, score: 'up' });
    expect(await feedback).toMatchObject({ results: { score: 1 } });
  });

  test('waits in a test of the step, and without the switch', async () => {
    const isTest = { meta: { isLoadingSample: true } };
    for (const tried of [promptStep('perform', run(), isTest), promptStep('perform', run({ long_answer: false }))])
      expect(await tried).toMatchObject({
        status: 'SUCCESS',
        results: { prompt: { version: 1, label: 'production' } },
      });
  });

  test('is refused before the Zap pauses where a value is missing', async () => {
    const refusal = await refusalOf(promptStep('perform', run({ variables__mail: '' })));
    expect(refusal.message).toMatch(/mail/);
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('that takes too long without the switch says what to switch on', async () => {
    const slow = openApp({ url: gateway.url, key: liveKey, app: zapierApp(contract, { timeoutMs: 300 }) });
    gateway.fakes.openai.fault({ kind: 'delay', ms: 2_000 });
    const refusal = await refusalOf(slow.execute('creates.prompts_run.operation.perform', run({ long_answer: false })));
    expect(refusal).toMatchObject({ status: 504, message: expect.stringContaining('“Wait for Long Answer”') });
  });
});
