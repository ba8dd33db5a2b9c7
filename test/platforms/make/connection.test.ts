import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, serveElsewhere } from '../../support/elsewhere.ts';
import { createMakeRuntime } from '../../support/make-runtime/make-runtime.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../../support/start-gateway.ts';
import { app, openMake } from './make-host.ts';
import { refusalOf } from './refusals.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const connect = (baseUrl: string, apiKey = liveKey, hosts = {}) =>
  createMakeRuntime({ app, hosts }).connect('apiKey', { baseUrl, apiKey });

describe('the connection', () => {
  test('is named after the key and the workspace, and says whether it spends money', async () => {
    expect((await connect(gateway.url)).label).toMatch(/^.+ \(.+, live\)$/);
    expect((await connect(gateway.url, testKey)).label).toMatch(/, test\)$/);
  });

  test.each(['', '/', '/v1', '/v1/', '//', ' '])('takes the address with "%s" at its end', async (end) => {
    const make = await openMake(`${gateway.url}${end}`, liveKey);
    expect(await make.chat({ prompt: 'Hi' })).toMatchObject({ finish_reason: 'stop' });
    expect(await make.make.options('modelsList', { connection: make.connection })).not.toEqual([]);
  });

  test('distinguishes a wrong key, no server, and another server at that address', async () => {
    const wrong = await refusalOf(connect(gateway.url, 'gw_live_wrong'));
    expect(wrong).toMatchObject({ type: 'InvalidAccessTokenError' });
    expect(wrong.message).toMatch(/answers, but it does not accept this key/);

    expect((await refusalOf(connect('gateway.example.com'))).message).toMatch(/baseUrl.*no URL/);
    expect((await refusalOf(connect(gateway.url, ''))).message).toMatch(/apiKey/);

    const nobody = await refusalOf(connect(`http://127.0.0.1:${await freePort()}`));
    expect(nobody).toMatchObject({ type: 'ConnectionError', message: expect.stringMatching(/ECONNREFUSED/) });

    for (const answer of [
      { status: 200, body: '<html>Welcome</html>' },
      { status: 200, body: '{"hello":"world"}', type: 'application/json' },
      { status: 404, body: 'Not Found' },
      { status: 401, body: '{"message":"no"}', type: 'application/json' },
    ]) {
      const other = await serveElsewhere(answer);
      expect((await refusalOf(connect(`${other.url}/v1/`))).message, answer.body).toBe(
        `Something answers at ${other.url}, but it isn’t an AI Gateway. Check the gateway URL.`,
      );
      await other.stop();
    }
  });

  test('says when the gateway is up but has no provider', async () => {
    const bare = await startTestGateway({ OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '', GEMINI_API_KEY: '' });
    expect((await refusalOf(connect(bare.url))).message).toMatch(/up and knows this key, but it has no provider/);
    await bare.stop();
  });

  test('warns of plain http to a public host, and of no other address', async () => {
    const hosts = { 'http://gateway.example.com': gateway.url, 'https://gateway.example.com': gateway.url };
    expect((await connect('http://gateway.example.com/v1', liveKey, hosts)).label).toMatch(
      /, not encrypted: use https\)$/,
    );
    expect((await connect('HTTP://gateway.example.com', liveKey, hosts)).label).toMatch(/not encrypted/);
    const alike = 'http://localhost.example.com';
    expect((await connect(alike, liveKey, { [alike]: gateway.url })).label).toMatch(/not encrypted/);
    expect((await connect('https://gateway.example.com', liveKey, hosts)).label).not.toMatch(/not encrypted/);
    for (const loopback of ['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])
      expect((await connect(loopback, liveKey, { [loopback]: gateway.url })).label).not.toMatch(/not encrypted/);
  });

  test('does not carry the key along where the address redirects to another', async () => {
    const target = await serveElsewhere({ status: 200, body: '{}', type: 'application/json' });
    const from = await serveElsewhere({ status: 307, location: target.url });
    const refused = await refusalOf(connect(from.url));
    expect(refused).toMatchObject({ type: 'InvalidConfigurationError' });
    expect(refused.message).toContain(`redirects to ${target.url}/v1/me`);

    // And not later either, when a gateway that was good before begins to lead elsewhere.
    const runtime = createMakeRuntime({ app });
    const connection = { values: { baseUrl: from.url, apiKey: liveKey }, label: 'x' };
    for (const [module, parameters] of [
      ['chatComplete', { model: 'gpt-4o', prompt: 'Hi' }],
      ['budgetsCheck', {}],
      ['clientsList', {}],
      ['makeAnApiCall', { url: '/v1/me', method: 'GET' }],
    ] as const)
      expect((await refusalOf(runtime.run(module, { connection, parameters }))).message).toMatch(/redirects to/);
    const url = 'https://hook.eu2.make.com/x';
    expect((await refusalOf(runtime.attach('budgetAlerts', { connection, url }))).message).toMatch(/redirects to/);
    expect((await refusalOf(runtime.options('modelsList', { connection }))).message).toMatch(/redirects to/);
    expect(target.received).toEqual([]);
    await target.stop();
    await from.stop();
  });

  test('keeps the key, tokens and secrets out of Make’s logs', async () => {
    const make = await openMake(gateway.url, liveKey);
    await make.chat({ prompt: 'Hi' });
    const hook = await make.make.attach('budgetAlerts', {
      connection: make.connection,
      url: 'https://8.8.8.8/x',
    });
    await make.make.detach(hook);
    const log = JSON.stringify(make.make.log);
    expect(make.make.log.length).toBeGreaterThan(3);
    expect(log).toContain('[sanitized]');
    for (const secret of [liveKey, String(hook.values.token)]) expect(log).not.toContain(secret);
    expect(log).not.toMatch(/whsec_/);
  });
});
