import { getMe } from '@ai-gateway/shared/operations/me';
import { connected } from '@ai-gateway/zapier/authentication';
import { signRequest } from '@ai-gateway/zapier/gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, serveElsewhere } from '../../support/elsewhere.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../../support/start-gateway.ts';
import { app, openApp, refusalOf } from './zapier-host.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const diagnose = (url: string, key = liveKey) => openApp({ url, key }).run(app.authentication?.test, {});
const complaint = async (url: string, key = liveKey) => (await refusalOf(diagnose(url, key))).message;

describe('the connection test', () => {
  test('names a good connection after workspace, host and kind of key', async () => {
    expect(await diagnose(`${gateway.url}/v1`)).toEqual({
      workspace: expect.any(String),
      host: new URL(gateway.url).host,
      mode: 'live',
      key: expect.any(String),
      warning: '',
    });
    expect(await diagnose(gateway.url, testKey)).toMatchObject({ mode: 'test' });
    const { results } = await openApp({ url: gateway.url, key: liveKey }).execute('authentication.test', {});
    expect(JSON.stringify(results)).not.toContain(liveKey);
  });

  test('refuses a wrong key, no key, and a text that is not an address', async () => {
    expect(await complaint(gateway.url, 'gw_live_wrong')).toMatch(/answers, but it does not accept this key/);
    expect(await complaint(gateway.url, ' ')).toMatch(/Paste the API key/);
    expect(await complaint('gateway.example.com')).toMatch(/https:\/\/HOST/);
  });

  test('says that nothing listens where there is no network', async () => {
    expect(await complaint(`http://127.0.0.1:${await freePort()}`)).toMatch(
      /^Nothing listens at the gateway URL.*over the internet/,
    );
  });

  test('recognises another server at that address: a web page, another API, an error page', async () => {
    for (const [status, body] of [
      [200, '<html>Welcome</html>'],
      [200, '{"hello":"world"}'],
      [404, 'Not Found'],
      [401, '{"message":"no"}'],
      [429, 'slow down'],
    ] as const) {
      const other = await serveElsewhere({ status, body });
      expect(await complaint(other.url), body).toMatch(/n’t an AI Gateway|not as an AI Gateway does/);
      other.stop();
    }
  });

  test('says that the gateway has no provider', async () => {
    const bare = await startTestGateway({ OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '', GEMINI_API_KEY: '' });
    expect(await complaint(bare.url)).toMatch(/is up and knows this key, but it has no provider/);
    await bare.stop();
  });

  test('sends the key to a host that redirects, and never on to the other host', async () => {
    const target = await serveElsewhere({ status: 200, body: '{}' });
    const from = await serveElsewhere({ status: 302, location: target.url });
    expect(await complaint(from.url)).toMatch(/redirects to .*not sent along/);
    expect(target.received).toEqual([]);
    target.stop();
    from.stop();
  });
});

describe('the key', () => {
  const authData = { base_url: 'https://gateway.example.com/v1', api_key: ' gw_live_1 ' };
  const sign = (url: string) => signRequest({ url, headers: { a: '1' } }, {} as never, { authData } as never);

  test('goes to the connected gateway', async () => {
    expect(await sign('https://gateway.example.com/v1/me')).toMatchObject({
      headers: { a: '1', authorization: 'Bearer gw_live_1' },
    });
  });

  test.each([
    'https://gateway.example.com.evil.example/v1/me',
    'http://gateway.example.com/v1/me',
    'https://gateway.example.com:8443/v1/me',
    'https://evil.example/?https://gateway.example.com/v1',
  ])('never goes to %s', async (url) => {
    expect((await sign(url)).headers).toEqual({ a: '1' });
  });
});

test('the name of the connection warns of an address that is not encrypted', () => {
  const me = getMe.sample.output;
  expect(connected(me, 'http://gateway.example.com').warning).toMatch(/not encrypted: use https/);
  expect(connected(me, 'https://gateway.example.com').warning).toBe('');
  expect(connected(me, gateway.url).warning).toBe('');
  const coolingDown = { ...me, providers: [{ id: 'openai', status: 'resting' as const }] };
  expect(connected(coolingDown, gateway.url).warning).toMatch(/every provider failed/);
  expect(app.authentication?.connectionLabel).toMatch(/\{\{warning\}\}$/);
  expect(app.authentication?.connectionLabel).not.toContain('api_key');
});

test('Zapier can tell by itself how requests are signed', async () => {
  const { results } = await openApp({ url: gateway.url, key: liveKey }).command('getAuthTemplate');
  expect(results).toMatchObject({
    supported: true,
    template: { headers: { authorization: 'Bearer {{bundle.authData.api_key}}' } },
  });
});
