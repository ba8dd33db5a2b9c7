import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePrompt } from '../support/prompts.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

// A gateway that has stopped answers nobody again, so every story gets its own; this one is in a hurry.
beforeEach(async () => {
  gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '60000' }, { drainMs: 0 });
});
afterEach(() => gateway.stop());

const stream = { stream: true, messages: [{ role: 'user', content: 'Hi' }] };

async function records(): Promise<unknown[]> {
  const { rows } = await gateway.database.pool.query(
    'select status, error_code, estimated, input_tokens > 0 as input, output_tokens > 0 as output, cost_nanos > 0 as paid from calls',
  );
  return rows;
}

/** The text up to a word, and the text after it. */
async function beginning({ body }: Response, word: string): Promise<[string, () => Promise<string>]> {
  const decoder = new TextDecoder();
  const chunks = (body as ReadableStream<Uint8Array>)[Symbol.asyncIterator]();
  let begun = '';
  while (!begun.includes(word)) begun += decoder.decode((await chunks.next()).value);
  const rest = async (): Promise<string> => {
    let text = '';
    for await (const chunk of chunks) text += decoder.decode(chunk);
    return text;
  };
  return [begun, rest];
}

const cut = { status: 'failed', error_code: 'service_unavailable', estimated: true, input: true, paid: true };

it.each([
  [
    '/v1/chat/completions',
    { ...stream, model: 'gpt-4o' },
    /\n\ndata: \{"error":\{.*"code":"service_unavailable".*\}\n\n$/,
  ],
  [
    '/v1/responses',
    { model: 'gpt-4o', stream: true, input: 'Hi' },
    /\n\nevent: error\ndata: \{"type":"error","code":"service_unavailable".*\}\n\n$/,
  ],
  [
    '/v1/messages',
    { ...stream, model: 'claude-sonnet-4-6', max_tokens: 100 },
    /\n\nevent: error\ndata: \{"type":"error",.*"code":"service_unavailable".*\}\n\n$/,
  ],
  [
    '/v1/messages',
    { ...stream, model: 'gpt-4o', max_tokens: 100 },
    /\n\nevent: error\ndata: \{"type":"error",.*"code":"service_unavailable".*\}\n\n$/,
  ],
])(
  'a stream that a stopping gateway cannot wait for ends with an error event, and is paid for: %s',
  async (path, body, end) => {
    for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic]) {
      fake.reply({ text: 'one two three four five six seven eight', chunks: 8 });
      fake.fault({ kind: 'stall', afterEvents: 6 });
    }
    const [begun, rest] = await beginning(await gateway.post(path, body), 'one');
    await gateway.gateway.stop();
    const text = begun + (await rest());
    expect(text).toMatch(end);
    expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed/);
    expect(await records()).toEqual([{ ...cut, output: true }]);
  },
);

it('a stream of a test key ends with an error event too', async () => {
  const body = { ...stream, model: 'gpt-4o', messages: [{ role: 'user', content: 'word '.repeat(2_000) }] };
  const response = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${testKey}` });
  const [, rest] = await beginning(response, 'word');
  await gateway.gateway.stop();
  expect(await rest()).toMatch(/"code":"service_unavailable".*\n\n$/);
  expect(await records()).toMatchObject([{ status: 'failed', error_code: 'service_unavailable' }]);
});

it('a stream that has not begun is refused with 503, and its input is paid', async () => {
  gateway.fakes.openai.fault({ kind: 'hang' });
  const asked = gateway.post('/v1/chat/completions', { ...stream, model: 'gpt-4o' }, { 'x-gateway-fallback': 'none' });
  await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
  await gateway.gateway.stop();
  const response = await asked;
  expect(response.status).toBe(503);
  expect(response.headers.get('x-should-retry')).toBe('true');
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-gateway-provider': 'openai',
    'x-gateway-model': 'gpt-4o',
    'x-gateway-attempts': '1',
    'x-gateway-route': 'asked for',
  });
  expect(await response.json()).toMatchObject({ error: { code: 'service_unavailable' } });
  expect(await records()).toEqual([{ ...cut, output: false }]);
});

it('embeddings that a stopping gateway cannot wait for are refused with 503, and their input is paid', async () => {
  gateway.fakes.openai.fault({ kind: 'hang' });
  const asked = gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi', stream: true });
  await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
  await gateway.gateway.stop();
  const response = await asked;
  expect(response.status).toBe(503);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-gateway-provider': 'openai',
    'x-gateway-attempts': '1',
  });
  expect(await response.json()).toMatchObject({ error: { code: 'service_unavailable' } });
  expect(await records()).toEqual([{ ...cut, output: false }]);
});

it.each([
  ['plain embeddings', {}],
  ['embeddings that were asked for as a stream', { stream: true }],
])('%s whose client has gone are settled as failed before the process ends', async (_what, asStream) => {
  gateway.fakes.openai.fault({ kind: 'hang' });
  const leaving = new AbortController();
  const asked = fetch(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'text-embedding-3-small', input: 'Hi', ...asStream }),
    signal: leaving.signal,
  });
  const failed = expect(asked).rejects.toThrow();
  await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
  leaving.abort();
  await failed;
  await gateway.gateway.stop();
  expect(await records()).toMatchObject([{ status: 'failed', error_code: 'service_unavailable', paid: true }]);
});

it('a run of a prompt whose client has gone is settled before the process ends', async () => {
  const reply = { messages: [{ role: 'user', content: 'Hi' }], variables: [] };
  await makePrompt(gateway, 'reply', reply);
  gateway.fakes.openai.fault({ kind: 'hang' });
  const leaving = new AbortController();
  const asked = fetch(`${gateway.url}/v1/prompts/reply/run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
    body: '{}',
    signal: leaving.signal,
  });
  const failed = expect(asked).rejects.toThrow();
  await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
  leaving.abort();
  await failed;
  await gateway.gateway.stop();
  expect(await records()).toMatchObject([{ status: 'failed', error_code: 'service_unavailable', paid: true }]);
});

it('a connection over which nothing was ever sent does not hold up a stop', async () => {
  const patient = await startTestGateway({}, { drainMs: 600_000 });
  const silent = connect(Number(new URL(patient.url).port), '127.0.0.1');
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  silent.on('error', () => {});
  await patient.stop();
  await closed;
}, 60_000);
