import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: `gw_operator_${'o'.repeat(40)}` });
  // The fake knows these ids; the gateway knows their owners.
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const path = '/v1/responses';
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

interface Stored {
  id: string;
  output: { id: string }[];
}

async function lockedKey(locked: Record<string, string>): Promise<string> {
  const body = { name: 'locked', tags: locked, locked_tags: Object.keys(locked) };
  return (await json<{ key: string }>(gateway.post('/v1/keys', body), 201)).key;
}

async function begin(key: string, more: object = {}): Promise<Stored> {
  return json<Stored>(gateway.post(path, { model: 'gpt-4o', input: 'Hi', ...more }, bearer(key)));
}

/** The id of a response that was streamed. */
async function beginStreamed(key: string): Promise<string> {
  const response = await gateway.post(path, { model: 'gpt-4o', input: 'Hi', stream: true }, bearer(key));
  const text = await response.text();
  const id = /"response":\{[^{}]*?"id":"(resp_[^"]+)"/.exec(text)?.[1];
  if (id === undefined) throw new Error(`no response id in ${text}`);
  return id;
}

const continues = (key: string, more: object): Promise<Response> =>
  gateway.post(path, { model: 'gpt-4o', input: 'And?', ...more }, bearer(key));

describe('a stored response', () => {
  it('is continued by the workspace that made it, plain and streamed', async () => {
    const { id } = await begin(liveKey);
    expect((await continues(liveKey, { previous_response_id: id })).status).toBe(200);
    const streamed = await beginStreamed(liveKey);
    expect((await continues(liveKey, { previous_response_id: streamed, stream: true })).status).toBe(200);
    expect(gateway.fakes.openai.requests.at(-1)?.json.previous_response_id).toBe(streamed);
  });

  it.each([
    ['client_id', { client_id: 'a' }, { client_id: 'b' }],
    ['project', { project: 'a' }, { project: 'b' }],
    ['scenario_id', { scenario_id: 'a' }, { scenario_id: 'b' }],
    ['scenario_platform', { scenario_platform: 'make' }, { scenario_platform: 'n8n' }],
  ])('is continued under the locked %s it was made under, and is unknown to any other', async (_tag, ours, theirs) => {
    const [own, other] = [await lockedKey(ours), await lockedKey(theirs)];
    for (const id of [(await begin(own)).id, await beginStreamed(own)]) {
      expect((await continues(own, { previous_response_id: id })).status).toBe(200);
      expect((await continues(liveKey, { previous_response_id: id })).status).toBe(200);
      const asked = gateway.fakes.openai.requests.length;
      const refused = await continues(other, { previous_response_id: id });
      expect(refused.status).toBe(404);
      expect(await refused.json()).toMatchObject({ error: { code: 'not_found', param: 'previous_response_id' } });
      expect(gateway.fakes.openai.requests).toHaveLength(asked);
    }
  });

  it('is unknown to another workspace at the same provider account', async () => {
    const { id, output } = await begin(liveKey);
    const { live_key: other } = await json<{ live_key: string }>(
      gateway.post('/v1/workspaces', { name: 'Other' }, bearer(`gw_operator_${'o'.repeat(40)}`)),
      201,
    );
    expect((await continues(other, { previous_response_id: id })).status).toBe(404);
    const input = [{ type: 'item_reference', id: output[0]?.id }];
    expect((await continues(liveKey, { input })).status).toBe(200);
    const refused = await continues(other, { input });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ error: { param: 'input[0]' } });
  });

  it('is unknown where it was made elsewhere', async () => {
    expect((await continues(liveKey, { previous_response_id: 'resp_made_elsewhere' })).status).toBe(404);
    expect((await continues(liveKey, { input: [{ type: 'item_reference', id: 'msg_elsewhere' }] })).status).toBe(404);
  });

  it('is unknown where it was not to be stored', async () => {
    const { id } = await begin(liveKey, { store: false });
    expect((await continues(liveKey, { previous_response_id: id })).status).toBe(404);
  });

  // Once a test key was refused its own answer and given a foreign one.
  it('is continued in the sandbox too, which knows of no other', async () => {
    const { id } = await begin(testKey);
    expect((await continues(testKey, { previous_response_id: id })).status).toBe(200);
    const streamed = await beginStreamed(testKey);
    expect((await continues(testKey, { previous_response_id: streamed, stream: true })).status).toBe(200);
    const refused = await continues(testKey, { previous_response_id: 'resp_made_elsewhere' });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ error: { code: 'not_found', param: 'previous_response_id' } });
    expect((await continues(testKey, { input: [{ type: 'item_reference', id: 'msg_elsewhere' }] })).status).toBe(404);
  });

  it('is only such that its provider stores: an answer written by the gateway is refused, with what to send', async () => {
    const { id } = await begin(liveKey, { model: 'claude-sonnet-5' });
    const refused = await continues(liveKey, { previous_response_id: id });
    expect(refused.status).toBe(400);
    const { error } = (await refused.json()) as { error: object };
    expect(error).toMatchObject({ code: 'unsupported_parameter', param: 'previous_response_id' });
    expect(error).toMatchObject({ message: expect.stringContaining('in `input`') });
    expect(gateway.fakes.openai.requests).toHaveLength(0);
  });

  it('is not continued at another provider when its own fails', async () => {
    const { id } = await begin(liveKey);
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    const refused = await continues(liveKey, {
      previous_response_id: id,
      fallback_models: ['claude-sonnet-4-6', 'gpt-4o-mini'],
    });
    expect(refused.status).toBe(502);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
  });
});

describe('a conversation', () => {
  it.each(['conv_plain', { id: 'conv_object' }])(
    'belongs to the workspace and the tags that used it first: %j',
    async (conversation) => {
      const [own, other] = [await lockedKey({ client_id: 'a' }), await lockedKey({ client_id: 'b' })];
      expect((await continues(own, { conversation })).status).toBe(404);
      const first = await gateway.post(path, { model: 'gpt-4o', input: 'Hi', conversation }, { 'x-client-id': 'a' });
      expect(first.status).toBe(200);
      expect((await continues(own, { conversation })).status).toBe(200);
      expect((await continues(other, { conversation })).status).toBe(404);
    },
  );
});

describe("a thread of Anthropic's", () => {
  const turn = (model: string, thread: object, more: object = {}) => ({
    model,
    max_tokens: 50,
    thread,
    messages: [{ role: 'user', content: 'Hi' }],
    ...more,
  });

  it.each(['gpt-4o', 'gemini-3.5-flash-lite'])(
    'is refused at its first turn with %s, in the words that make the package go on without',
    async (model) => {
      for (const thread of [{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }]) {
        for (const stream of [false, true]) {
          const refused = await gateway.post('/v1/messages', turn(model, thread, { stream }));
          expect(refused.status).toBe(400);
          expect(await refused.json()).toMatchObject({
            type: 'error',
            error: { details: { error_code: 'thread_unsupported_request', unsupported: ['model'] } },
          });
        }
      }
    },
  );

  it('is refused by the sandbox, which keeps no messages', async () => {
    const refused = await gateway.post('/v1/messages', turn('claude-sonnet-4-6', { type: 'create' }), bearer(testKey));
    expect(await refused.json()).toMatchObject({ error: { details: { error_code: 'thread_unsupported_request' } } });
  });

  it('is relayed to Anthropic with its beta header, belongs to its tags, and has no fallback', async () => {
    const [own, other] = [await lockedKey({ client_id: 'a' }), await lockedKey({ client_id: 'b' })];
    const beta = { 'anthropic-beta': 'message-threads-2026-08-12' };
    for (const stream of [false, true]) {
      const first = await gateway.post('/v1/messages', turn('claude-sonnet-4-6', { type: 'create' }, { stream }), {
        ...bearer(own),
        ...beta,
      });
      expect(first.status).toBe(200);
      const id = /"id":"(msg_[^"]+)"/.exec(await first.text())?.[1];
      const request = gateway.fakes.anthropic.requests.at(-1);
      expect(request?.json.thread).toEqual({ type: 'create' });
      expect(request?.headers['anthropic-beta']).toBe('message-threads-2026-08-12');
      const next = turn('claude-sonnet-4-6', { type: 'continue', previous_message_id: id });
      expect((await gateway.post('/v1/messages', next, { ...bearer(own), ...beta })).status).toBe(200);
      const refused = await gateway.post('/v1/messages', next, { ...bearer(other), ...beta });
      expect(refused.status).toBe(404);
      expect(await refused.json()).toMatchObject({
        type: 'error',
        error: { type: 'not_found_error', param: 'thread' },
      });
      gateway.fakes.anthropic.fault({ kind: 'status', status: 529 });
      const failed = await gateway.post(
        '/v1/messages',
        { ...next, fallback_models: ['gpt-4o'] },
        { ...bearer(own), ...beta },
      );
      expect(failed.status).toBeGreaterThan(499);
      expect(gateway.fakes.openai.requests).toHaveLength(0);
      gateway.fakes.reset();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('does not stop the loop of tools of the package', async () => {
    gateway.fakes.openai.reply({ toolCalls: [{ id: 'call_1', name: 'now', arguments: {} }] }, { text: 'It is noon.' });
    const client = new Anthropic({ apiKey: liveKey, baseURL: gateway.url, maxRetries: 0 });
    const runner = client.beta.messages.toolRunner({
      model: 'gpt-4o',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'What time is it?' }],
      tools: [
        {
          type: 'custom',
          name: 'now',
          input_schema: { type: 'object' },
          run: () => 'noon',
          parse: (input: unknown) => input,
        },
      ],
    });
    const last = await runner;
    expect(last.content).toMatchObject([{ type: 'text', text: 'It is noon.' }]);
    const history = gateway.fakes.openai.requests.at(-1)?.json.messages;
    expect(history).toHaveLength(3);
  });
});
