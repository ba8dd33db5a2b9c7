import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { connectionDoctor } from 'n8n-nodes-ai-gateway/nodes/AiGateway/connection-doctor.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, serveElsewhere } from '../../support/elsewhere.ts';
import { credentialTestContext } from '../../support/n8n-host.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../../support/start-gateway.ts';
import { chat, refusalOf } from './forms.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('the connection test', () => {
  const diagnose = (baseUrl: string, apiKey = liveKey) =>
    connectionDoctor.call(credentialTestContext, {
      id: '1',
      name: 'x',
      type: 'aiGatewayApi',
      data: { baseUrl, apiKey },
    });

  test('names the workspace and the kind of key of a good connection', async () => {
    expect(await diagnose(`${gateway.url}/v1`)).toMatchObject({
      status: 'OK',
      message: expect.stringMatching(/live key/),
    });
    expect(await diagnose(gateway.url, testKey)).toMatchObject({
      status: 'OK',
      message: expect.stringMatching(/test key/),
    });
  });

  test('refuses a wrong key, no key, and a text that is not an address', async () => {
    expect(await diagnose(gateway.url, 'gw_live_wrong')).toMatchObject({
      status: 'Error',
      message: expect.stringMatching(/answers, but it does not accept this key/),
    });
    expect(await diagnose(gateway.url, ' ')).toMatchObject({ message: expect.stringMatching(/Paste the API key/) });
    expect(await diagnose('gateway.example.com')).toMatchObject({ message: expect.stringMatching(/https:\/\/HOST/) });
  });

  test('says that nothing listens where there is no network', async () => {
    expect(await diagnose(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      message: 'Nothing listens at the base URL. Is the gateway running?',
    });
  });

  test('recognises another server at that address: a web page, another API, an error page', async () => {
    for (const [status, body] of [
      [200, '<html>Welcome</html>'],
      [200, '{"hello":"world"}'],
      [404, 'Not Found'],
      [401, '{"message":"no"}'],
    ] as const) {
      const other = await serveElsewhere({ status, body });
      const { message } = await diagnose(other.url);
      expect(message, body).toMatch(/not an AI Gateway|n’t an AI Gateway|not as an AI Gateway does/);
      other.stop();
    }
  });

  test('says that the gateway has no provider', async () => {
    const bare = await startTestGateway({ OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '', GEMINI_API_KEY: '' });
    expect(await diagnose(bare.url)).toMatchObject({
      status: 'Error',
      message: expect.stringMatching(/has no provider/),
    });
    await bare.stop();
  });

  test('sends the key to a host that redirects, and never on to the other host', async () => {
    const target = await serveElsewhere({ status: 200, body: '{}' });
    const from = await serveElsewhere({ status: 302, location: target.url });
    expect((await diagnose(from.url)).message).toMatch(/redirects to .*not sent along/);
    const host = { credential: { baseUrl: from.url, apiKey: liveKey } };
    expect((await refusalOf(new AiGateway(), host, chat({}))).message).toMatch(/redirects to/);
    expect(target.received).toEqual([]);
    target.stop();
    from.stop();
  });
});
