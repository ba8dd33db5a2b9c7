import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { json } from '../../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type MakeHost, openMake } from './make-host.ts';
import { refusalOf } from './refusals.ts';

// Tests of the address and the key are in connection.test.ts, tests of webhooks in triggers.test.ts.
let gateway: TestGateway;
let make: MakeHost;

beforeAll(async () => {
  gateway = await startTestGateway();
  make = await openMake(gateway.url, liveKey);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.fakes.reset());

const requests = () => gateway.fakes.openai.requests;

describe('a form that is filled in wrongly costs nothing', () => {
  test.each([
    ['no prompt', { prompt: '' }, /prompt/],
    ['no messages', { input: 'messages', prompt: undefined, messages: [] }, /messages/],
    ['a schema that is no JSON', { format: 'json_schema', schema: '{"type": object}' }, /schema.*no valid JSON/],
    ['no schema', { format: 'json_schema', schema: '' }, /schema/],
    ['a picture that is no URL', { images: [{ image_url: { url: 'photo.jpg' } }] }, /url.*pattern/],
    ['a temperature that is no number', { temperature: 'warm' }, /temperature.*no number/],
  ])('%s', async (_, fields, message) => {
    const given = Object.fromEntries(
      Object.entries({ prompt: 'Hi', ...fields }).filter(([, value]) => value !== undefined),
    );
    const refused = await refusalOf(make.act('chatComplete', { model: 'gpt-4o-mini', ...given }));
    expect(refused).toMatchObject({ type: 'BundleValidationError', message: expect.stringMatching(message) });
    expect(requests()).toEqual([]);
  });

  test('a prompt of spaces is refused', async () => {
    // Make takes it for filled in; what the model says to it is the model's business.
    expect(await make.chat({ prompt: ' ' })).toHaveProperty('text');
  });

  test('a schema that is JSON but not a schema is refused', async () => {
    const refused = await refusalOf(make.chat({ prompt: 'Hi', format: 'json_schema', schema: '{"type": 7}' }));
    expect(refused).toMatchObject({ type: 'DataError', message: expect.stringMatching(/^\[400\] .*schema/i) });
    expect(requests()).toEqual([]);
    expect(await make.chat({ prompt: 'Hi', format: 'json_schema', schema: '{"type": "object"}' })).toHaveProperty(
      'text',
    );
  });

  test('an unknown model is refused', async () => {
    const refused = await refusalOf(make.chat({ prompt: 'Hi', model: 'gpt-99' }));
    expect(refused).toMatchObject({ type: 'DataError', deactivates: false });
    expect(refused.message).toMatch(/^\[404\] .*gpt-99/);
    expect(requests()).toEqual([]);
  });
});

describe('prompts arrive as they are', () => {
  test.each([
    'Dear {{template}}, {{1.name}} {{if(true, "a", "b")}}',
    '{{',
    '{{connection.apiKey}}',
    'A "quoted"\nline \\ and 🙂',
  ])('%s', async (prompt) => {
    await make.chat({ prompt });
    expect(requests().at(-1)?.json.messages).toEqual([{ role: 'user', content: prompt }]);
  });

  test('a prompt of one megabyte', async () => {
    const prompt = 'word '.repeat(209_715);
    await make.chat({ prompt, model: 'gemini-3.5-flash-lite' });
    const [sent] = gateway.fakes.gemini.requests;
    expect(JSON.stringify(sent?.json)).toContain(prompt);
  });
});

describe('a gateway in trouble', () => {
  test('is tried again later by Make when it is down', async () => {
    const other = await startTestGateway();
    const host = await openMake(other.url, liveKey);
    await other.stop();
    for (const attempt of [() => host.chat({ prompt: 'Hi' }), () => host.checkBudget({}), () => host.usageByClient({})])
      expect(await refusalOf(attempt())).toMatchObject({ type: 'ConnectionError', deactivates: false });
  });

  test('may take longer than 30 seconds to answer, but not five minutes', async () => {
    // A second of Make's takes 10 ms here.
    const hurried = await openMake(gateway.url, liveKey, { secondMs: 10 });
    gateway.fakes.openai.fault({ kind: 'delay', ms: 310 });
    expect(await hurried.chat({ prompt: 'Hi' })).toHaveProperty('text');
    const impatient = { ...hurried, ...(await openMake(gateway.url, liveKey, { secondMs: 2 })) };
    gateway.fakes.openai.fault({ kind: 'delay', ms: 1_200 });
    expect(await refusalOf(impatient.chat({ prompt: 'Hi' }))).toMatchObject({ type: 'ConnectionError' });
  });

  test('is tried again later by Make when its provider fails', async () => {
    for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic, gateway.fakes.gemini])
      fake.always({ kind: 'status', status: 500 });
    const refused = await refusalOf(make.chat({ prompt: 'Hi' }));
    expect(refused).toMatchObject({ type: 'ConnectionError', message: expect.stringMatching(/^\[50[23]\]/) });
  });
});

describe('limits', () => {
  /** How many calls the budget pays, and the refusal of the next. */
  async function untilRefused(fields: Record<string, unknown>) {
    const script = { text: 'A', usage: { input: 20, output: 20 } };
    gateway.fakes.openai.reply(script, script, script, script, script, script);
    let answered = 0;
    const refused = await refusalOf(
      (async () => {
        for (; answered < 6; answered += 1) await make.chat({ prompt: 'Hi', max_tokens: 20, ...fields });
      })(),
    );
    expect(answered).toBeGreaterThan(0);
    expect(requests()).toHaveLength(answered);
    return refused;
  }

  test('a budget spent in the middle of a loop answers the paid calls, then Make switches the scenario off', async () => {
    await make.act('budgetsCreate', { name: 'Tiny', limit_usd: 0.00002, scope: { project: 'loop' } });
    const refused = await untilRefused({ project: 'loop' });
    expect(refused).toMatchObject({ type: 'InvalidConfigurationError', deactivates: true });
    expect(refused.message).toMatch(/^\[402\] .*Tiny/);
    expect(await make.checkBudget({ project: 'loop' })).toMatchObject({ tightest: { name: 'Tiny' } });
  });

  // One scenario works for forty clients of an agency, and was switched off for all when one of them had spent its budget.
  test('a client that has spent its budget, or is locked, stops no scenario that works for others too', async () => {
    await make.act('budgetsCreate', { name: 'Each', limit_usd: 0.00002, scope: { client_id: '*' } });
    const refused = await untilRefused({ client_id: 'spent' });
    expect(refused).toMatchObject({ type: 'DataError', deactivates: false });
    expect(refused.message).toMatch(/^\[402\] .*Each/);
    expect(await make.chat({ prompt: 'Hi', client_id: 'thrifty', max_tokens: 20 })).toHaveProperty('text');
    await json(gateway.send('PUT', '/v1/clients/late-payer', { locked: true }));
    expect(await refusalOf(make.chat({ prompt: 'Hi', client_id: 'late-payer' }))).toMatchObject({
      type: 'DataError',
      message: expect.stringMatching(/^\[402\]/),
    });
  });

  test('a client that is stopped stops no scenario that works for others too, and a stop of all clients does', async () => {
    const chatOf = (client: string) => refusalOf(make.chat({ prompt: 'Hi', client_id: client }));
    await json(gateway.send('POST', '/v1/stop', { client_id: 'stopped', reason: 'Asked for' }));
    expect(await chatOf('stopped')).toMatchObject({ type: 'DataError', message: expect.stringMatching(/^\[423\]/) });
    expect(await make.chat({ prompt: 'Hi', client_id: 'going-on' })).toHaveProperty('text');
    await json(gateway.send('POST', '/v1/stop', { reason: 'Asked for' }));
    expect(await chatOf('going-on')).toMatchObject({ type: 'InvalidConfigurationError' });
    await gateway.send('DELETE', '/v1/stop');
    await gateway.send('DELETE', '/v1/stop?client_id=stopped');
  });

  test('a pause stops the whole scenario, by the tag it sets itself', async () => {
    const own = await openMake(gateway.url, liveKey, { scenario: { id: 9, organizationId: 1 } });
    await own.chat({ prompt: 'Hi' });
    await make.act('scenariosPause', { id: '9', reason: 'Being mended' });
    expect(await refusalOf(own.chat({ prompt: 'Hi' }))).toMatchObject({
      type: 'InvalidConfigurationError',
      message: expect.stringMatching(/^\[423\] .*Being mended/),
    });
    // Another scenario goes on.
    expect(await make.chat({ prompt: 'Hi' })).toHaveProperty('text');
  });

  test('Make waits and tries again after too many calls in a minute', async () => {
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'hasty', calls_per_minute: 1 }));
    await make.chat({ prompt: 'Hi', client_id: 'hasty' });
    expect(await refusalOf(make.chat({ prompt: 'Hi', client_id: 'hasty' }))).toMatchObject({
      type: 'RateLimitError',
      deactivates: false,
    });
  });

  test('Make switches the scenario off after its key was deleted', async () => {
    const key = await json<{ id: string; key: string }>(
      gateway.post('/v1/keys', { name: 'Brief', role: 'member' }),
      201,
    );
    const host = await openMake(gateway.url, key.key);
    await json(gateway.send('DELETE', `/v1/keys/${key.id}`), 204);
    expect(await refusalOf(host.chat({ prompt: 'Hi' }))).toMatchObject({
      type: 'InvalidAccessTokenError',
      deactivates: true,
    });
  });
});
