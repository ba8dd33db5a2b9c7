import { request } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notOffered } from '../../gateway/src/http/not-offered.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const cases = notOffered.flatMap((one) => one.examples.map((example) => ({ example, ...one })));

describe('an endpoint that the gateway does not offer', () => {
  it.each(cases)('answers 404 with the replacement: $example', async ({ example, name, instead, anthropic }) => {
    const [method = '', path = ''] = example.split(' ');
    const answer = await gateway.send(method, path, method === 'GET' ? undefined : { model: 'gpt-4o', prompt: 'Hi' });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const message = `Unknown endpoint ${method} ${path.split('?')[0]}: the gateway does not offer ${name}. ${instead}`;
    const details = { docs_url: expect.stringMatching(/\/errors\/not_found/) };
    expect(await answer.json()).toEqual(
      anthropic === true
        ? {
            type: 'error',
            error: { type: 'not_found_error', message, code: 'not_found', details },
            request_id: answer.headers.get('x-request-id'),
          }
        : { error: { message, type: 'invalid_request_error', param: null, code: 'not_found', details } },
    );
  });

  it.each(['/completions', '/v1/v1/completions', '//v1//completions', '/t/client=acme/v1/completions'])(
    'is found below a base URL of any form: %s',
    async (path) => {
      const answer = await gateway.post(path, { model: 'gpt-4o', prompt: 'Hi' });
      expect(await answer.json()).toMatchObject({
        error: { code: 'not_found', message: expect.stringContaining('POST /v1/chat/completions') },
      });
    },
  );

  it('reaches no provider and leaves no call on record', async () => {
    const before = await records();
    await gateway.post('/v1/completions', { model: 'gpt-4o', prompt: 'Hi' });
    await gateway.post('/v1beta/models/gemini-3.5-flash:generateContent', { contents: [] });
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect(gateway.fakes.gemini.requests).toHaveLength(0);
    expect(await records()).toEqual(before);
  });

  it('is explained to a client that opens a WebSocket', async () => {
    const { status, text } = await openWebSocket('/v1/realtime?model=gpt-realtime');
    expect(status).toBe(404);
    expect(text).toContain('\\"stream\\": true');
  });
});

it.each(['/v1/responses', '/t/client=acme/v1/responses'])(
  'a WebSocket at %s is answered with the status at which Codex goes on by HTTP',
  async (path) => {
    const { status, upgrade, connection, text } = await openWebSocket(path);
    expect([status, upgrade, connection]).toEqual([426, 'HTTP/1.1', 'Upgrade']);
    expect(text).toContain('Send POST /v1/responses');
  },
);

function openWebSocket(
  path: string,
): Promise<{ status: number | undefined; upgrade: string | undefined; connection: string | undefined; text: string }> {
  const { hostname, port } = new URL(gateway.url);
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, headers }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      const { upgrade, connection } = answer.headers;
      resolve({ status: answer.statusCode, upgrade, connection, text });
    });
    asking.on('error', reject).end();
  });
}

describe('unknown paths and methods', () => {
  it.each([
    ['GET', '/v1/sessions'],
    ['GET', '/v1/models/openai/gpt-4o'],
    ['GET', '/v1/projects'],
    ['GET', '/nope'],
    ['POST', '/v1/chat/completions/background/x/y'],
    ['GET', '/v1/chat/completions'],
  ])('%s %s is answered without a word about what is not offered', async (method, path) => {
    const answer = await gateway.send(method, path);
    expect(await answer.text()).not.toContain('does not offer');
  });
});

describe("the vendors' own packages show the explanation", () => {
  it("OpenAI's", async () => {
    const client = new OpenAI({ apiKey: liveKey, baseURL: `${gateway.url}/v1` });
    const asked = client.completions.create({ model: 'gpt-4o', prompt: 'Hi' });
    await expect(asked).rejects.toThrow(/404 .*does not offer text completions\. Use POST \/v1\/chat\/completions/);
    await expect(asked).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(client.files.list()).rejects.toThrow(/does not offer files\. Send the content of a file/);
    await expect(client.moderations.create({ input: 'Hi' })).rejects.toThrow(/does not offer moderations/);
  });

  it("OpenAI's for Azure", async () => {
    const client = new AzureOpenAI({ apiKey: liveKey, endpoint: gateway.url, apiVersion: '2024-10-21' });
    await expect(
      client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] }),
    ).rejects.toThrow(/does not offer Azure's addresses\. Use OpenAI's own client \(OpenAI, not AzureOpenAI\)/);
  });

  it("Anthropic's, in Anthropic's shape also where OpenAI has the path too", async () => {
    const client = new Anthropic({ apiKey: liveKey, baseURL: gateway.url });
    await expect(client.messages.batches.list()).rejects.toMatchObject({
      status: 404,
      type: 'not_found_error',
      requestID: expect.stringMatching(/^req_/),
      message: expect.stringContaining('Send each message to POST /v1/messages'),
    });
    await expect(client.beta.files.list()).rejects.toMatchObject({
      status: 404,
      type: 'not_found_error',
      message: expect.stringContaining('does not offer files'),
    });
  });

  it("Gemini's", async () => {
    const client = new GoogleGenAI({ apiKey: liveKey, httpOptions: { baseUrl: gateway.url } });
    await expect(client.models.generateContent({ model: 'gemini-3.5-flash', contents: 'Hi' })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('Use POST /v1/chat/completions'),
    });
  });
});

async function records(): Promise<unknown> {
  return ((await (await gateway.get('/v1/usage/requests')).json()) as { data: unknown[] }).data.length;
}
