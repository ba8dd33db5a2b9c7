import { contract } from '@ai-gateway/shared/contract';
import { zapierApp } from '@ai-gateway/zapier/app';
import { inlineTimeoutMs } from '@ai-gateway/zapier/gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort, serveElsewhere } from '../../support/elsewhere.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type Json, openZapier, refusalOf, type ZapierDoor } from './zapier-host.ts';

let gateway: TestGateway;
let door: ZapierDoor;

beforeAll(async () => {
  gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '10000' });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  door = openZapier(gateway.url, liveKey, { zapId: '22068168' });
});

const asked = (fields: Json = {}): Json => ({ model: 'gpt-4o-mini', prompt: 'Hi', ...fields });

describe('stops the run softly, so that the Zap is never switched off for it', () => {
  test('a budget spent in the middle of a loop answers the runs before it, the rest say why', async () => {
    await gateway.post('/v1/budgets', { name: 'Tiny', limit_usd: 0.00002, scope: { client_id: 'tiny' } });
    gateway.fakes.openai.reply({ text: 'A', usage: { input: 20, output: 20 } });
    const run = () => door.chat(asked({ client_id: 'tiny', max_tokens: 20 }));
    expect(await run()).toHaveProperty('text');
    const outcomes: Json[] = [];
    for (let at = 0; at < 5; at++) outcomes.push(await run().catch((error: Error) => ({ error })));
    expect(outcomes.at(-1)).toMatchObject({
      error: { name: 'HaltedError', message: expect.stringContaining('Tiny') },
    });
  });

  test('a paused scenario stops the run with the way to resume it', async () => {
    await door.chat(asked({ scenario_id: 'runaway' }));
    await door.create('scenarios_pause', { id: 'runaway', reason: 'Under repair' });
    const refusal = await refusalOf(door.chat(asked({ scenario_id: 'runaway' })));
    expect(refusal).toMatchObject({ name: 'HaltedError', message: expect.stringContaining('Under repair') });
    expect(refusal.message).toMatch(/[Rr]esume/);
    await door.create('scenarios_resume', { id: 'runaway' });
    expect(await door.chat(asked({ scenario_id: 'runaway' }))).toHaveProperty('text');
  });
});

describe('waits and tries again by itself', () => {
  test('a rate limit is waited for as long as the gateway says', async () => {
    await gateway.send('PUT', '/v1/rate-limits', { client_id: 'hasty', calls_per_minute: 1 });
    await door.chat(asked({ client_id: 'hasty' }));
    const refusal = await refusalOf(door.chat(asked({ client_id: 'hasty' })));
    expect(refusal.name).toBe('ThrottledError');
    expect(refusal.delay).toBeGreaterThanOrEqual(1);
    expect(refusal.delay).toBeLessThanOrEqual(60);
  });

  test('a provider that limits its calls is waited for as long as it says', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 429, headers: { 'retry-after': '90' } });
    // A model that no other test asks: it is left alone for as long.
    const refusal = await refusalOf(door.chat(asked({ model: 'gpt-4.1-nano', no_fallback: true })));
    expect(refusal.name).toBe('ThrottledError');
    expect(refusal.delay).toBeGreaterThan(80);
    expect(refusal.delay).toBeLessThanOrEqual(90);
  });

  // A run that met an upgrade of the gateway failed, and its e-mail was lost where nobody replayed it.
  test('a gateway that restarts, or waits for its database, is waited for; a proxy that says nothing of when is not', async () => {
    const error = { message: 'This gateway is shutting down.', type: 'server_error', code: 'service_unavailable' };
    const answer = { status: 503, type: 'application/json', body: JSON.stringify({ error }) };
    const restarting = await serveElsewhere({ ...answer, headers: { 'retry-after': '2' } });
    const refusal = await refusalOf(openZapier(restarting.url, liveKey).chat(asked()));
    expect(refusal).toMatchObject({ name: 'ThrottledError', message: expect.stringContaining('shutting down') });
    expect(refusal.delay).toBe(30);
    await restarting.stop();

    const proxy = await serveElsewhere({ status: 503 });
    expect(await refusalOf(openZapier(proxy.url, liveKey).chat(asked()))).toMatchObject({ name: 'AppError' });
    await proxy.stop();
  });
});

test('a step gives up before Zapier does, after 30 seconds', () => {
  expect(inlineTimeoutMs).toBeLessThanOrEqual(25_000);
});

describe('asks for another connection', () => {
  test('a wrong key, which appears in no message', async () => {
    const refusal = await refusalOf(openZapier(gateway.url, `gw_live_${'x'.repeat(40)}`).chat(asked()));
    expect(refusal).toMatchObject({ name: 'ExpiredAuthError', message: expect.stringContaining('Reconnect') });
    expect(JSON.stringify(refusal)).not.toContain('xxxx');
  });
});

describe('fails with a sentence that says what to do', () => {
  test.each([
    ['an empty prompt', { prompt: ' ' }, 'invalid_request', /nothing to answer/],
    ['an unknown model', { model: 'gpt-99' }, 'model_not_found', /gpt-99/],
    ['an image that is no URL', { images: ['photo.png'] }, 'invalid_request', /photo\.png/],
    [
      'a JSON schema that is none',
      { output_format: 'json_schema', json_schema: '{"type": "object",}' },
      'invalid_request',
      /not valid JSON/,
    ],
    ['a temperature that is no number', { temperature: 'hot' }, 'invalid_request', /temperature/],
  ])('%s', async (_, fields, code, message) => {
    expect(await refusalOf(door.chat(asked(fields)))).toMatchObject({
      name: 'AppError',
      code,
      message: expect.stringMatching(message),
    });
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('every provider down', async () => {
    const { openai, anthropic, gemini } = gateway.fakes;
    for (const fake of [openai, anthropic, gemini]) fake.always({ kind: 'status', status: 500 });
    expect(await refusalOf(door.chat(asked()))).toMatchObject({ name: 'AppError', status: expect.any(Number) });
  });

  test('a gateway that is down', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await refusalOf(openZapier(url, liveKey).chat(asked()))).toMatchObject({
      name: 'AppError',
      code: 'unreachable',
      message: expect.stringMatching(/^Nothing listens at the gateway URL/),
    });
    expect((await refusalOf(openZapier('https://no-such-host.invalid', liveKey).chat(asked()))).message).toMatch(
      /host name in the gateway URL was not found|could not be looked up|could not be reached/,
    );
  });

  test('a model slower than a step may be: Zapier’s 30 seconds, here shortened', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 3_000 });
    const hurried = openZapier(gateway.url, liveKey, { app: zapierApp(contract, { timeoutMs: 300 }) });
    expect(await refusalOf(hurried.chat(asked()))).toMatchObject({
      name: 'AppError',
      code: 'timeout',
      status: 504,
      message: expect.stringContaining('Wait for Long Answer'),
    });
  });

  test('a gateway slower than 30 seconds, in any step', async () => {
    const hurried = openZapier(gateway.url, liveKey, { app: zapierApp(contract, { timeoutMs: 1 }) });
    expect((await refusalOf(hurried.usageByClient({}))).message).toMatch(/took longer .* Try again/);
  });

  test('a gateway URL that is none', async () => {
    for (const url of ['gateway.example.com', 'ftp://gateway.example.com', ''])
      expect((await refusalOf(openZapier(url, liveKey).chat(asked()))).message).toMatch(/https:\/\/HOST/);
  });

  test('a host that leads elsewhere: the key is not sent along', async () => {
    const target = await serveElsewhere({ status: 200, body: '{}' });
    const from = await serveElsewhere({ status: 302, location: target.url });
    const refusal = await refusalOf(openZapier(from.url, liveKey).chat(asked()));
    expect(refusal.message).toMatch(/redirects to .*not sent along/);
    expect(from.received).toHaveLength(1);
    expect(target.received).toEqual([]);
    target.stop();
    from.stop();
  });

  test('a web page at that address', async () => {
    const page = await serveElsewhere({ status: 200, body: '<html>Welcome</html>' });
    expect((await refusalOf(openZapier(page.url, liveKey).chat(asked()))).message).toMatch(/not as an AI Gateway/);
    page.stop();
  });
});
