import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** The mistakes that developers make in their first hour. Each message says what to write instead. */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => {
  const asked = [gateway.fakes.openai, gateway.fakes.anthropic].flatMap(({ requests }) => requests);
  gateway.fakes.reset();
  expect(asked).toEqual([]);
});
afterAll(() => gateway.stop());

interface Refusal {
  status: number;
  code: string;
  param: string | null | undefined;
  message: string;
}

async function refusalOf(answer: Promise<Response>): Promise<Refusal> {
  const response = await answer;
  const { error } = (await response.json()) as { error: Omit<Refusal, 'status'> };
  return { status: response.status, code: error.code, param: error.param, message: error.message };
}

const chat = '/v1/chat/completions';
const user = (content: unknown) => [{ role: 'user', content }];
const claude = 'claude-sonnet-4-6';

describe('a body in the form of another API', () => {
  it.each([
    [chat, { model: 'gpt-4o', prompt: 'Hi' }, 'prompt', '`messages`'],
    [chat, { model: 'gpt-4o', input: 'Hi' }, 'messages', 'POST /v1/responses'],
    ['/v1/responses', { model: 'gpt-4o', messages: user('Hi') }, 'input', 'POST /v1/chat/completions'],
    ['/v1/messages', { model: claude, max_tokens: 9, input: 'Hi' }, 'messages', 'POST /v1/responses'],
    [chat, { model: claude, messages: user([{ type: 'image', source: {} }]) }, 'image', '"image_url"'],
    [chat, { model: claude, messages: user([{ type: 'tool_result' }]) }, 'tool_result', 'the role "tool"'],
    [chat, { model: claude, messages: user([{ type: 'input_text', text: 'Hi' }]) }, 'input_text', '"text"'],
    [
      '/v1/messages',
      { model: 'gpt-4o', max_tokens: 9, messages: user([{ type: 'image_url', image_url: { url: 'https://e.org' } }]) },
      'image_url',
      '"image"',
    ],
    [
      '/v1/messages',
      { model: 'gpt-4o', max_tokens: 9, messages: user('Hi'), tools: [{ type: 'function', function: { name: 'a' } }] },
      'function',
      '`input_schema`',
    ],
    ['/v1/responses', { model: claude, input: [{ type: 'input_text', text: 'Hi' }] }, 'input_text', '`content`'],
    [
      '/v1/responses',
      { model: claude, input: [{ type: 'item_reference', id: 'msg_6' }] },
      'item_reference',
      'that only OpenAI stores, and this provider does not keep it. Send the item itself; clients do so with `store: false`',
    ],
  ])('%s says what to write: %j', async (path, body, param, advice) => {
    const refusal = await refusalOf(gateway.post(path, body));
    expect(refusal).toMatchObject({ status: 400, param });
    expect(refusal.message).toContain(advice);
    expect(refusal.message).not.toContain('works only with models of');
  });

  it('a part that no vendor knows is called unknown, and no vendor is recommended', async () => {
    const parts = [{ type: 'video_url', video_url: { url: 'https://e.org/a.mp4' } }];
    const refusal = await refusalOf(gateway.post(chat, { model: claude, messages: user(parts) }));
    expect(refusal).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'video_url' });
    expect(refusal.message).not.toContain('works only with models of');
  });

  it.each([
    [{ messages: user(5) }, 'messages[0].content', 'text or a list of parts'],
    [{ messages: user('Hi'), stop: 5 }, 'stop', 'text or a list of texts'],
  ])('a field that takes text or a list says both: %j', async (body, param, message) => {
    const refusal = await refusalOf(gateway.post(chat, { model: 'gpt-4o', ...body }));
    expect(refusal).toMatchObject({ status: 400, param, message: expect.stringContaining(message) });
  });
});

describe('the name of a model', () => {
  it.each(['auto', 'auto:cost', 'gpt-4o'])(
    '%s is refused for embeddings, and the message names one that works',
    async (model) => {
      const refusal = await refusalOf(gateway.post('/v1/embeddings', { model, input: 'Hi' }));
      expect(refusal).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
      expect(refusal.message).toMatch(/embedding.*"(text-embedding|gemini-embedding|mistral-embed)/);
    },
  );

  it('an unknown kind of auto names the ones there are', async () => {
    const refusal = await refusalOf(gateway.post(chat, { model: 'auto:fast', messages: user('Hi') }));
    expect(refusal).toMatchObject({ status: 404, code: 'model_not_found' });
    for (const name of ['auto:cost', 'auto:balanced', 'auto:quality']) expect(refusal.message).toContain(name);
  });
});

describe('a key', () => {
  const me = (headers: Record<string, string>) => refusalOf(fetch(`${gateway.url}/v1/me`, { headers }));

  it('without the word Bearer is recognised, and the message says how to send it', async () => {
    const refusal = await me({ authorization: liveKey });
    expect(refusal).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(refusal.message).toContain('begins with "Bearer "');
    expect(refusal.message).not.toContain(liveKey);
  });

  it("of a provider is called that, not the gateway's", async () => {
    const refusal = await me({ authorization: 'Bearer sk-proj-1234567890' });
    expect(refusal).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(refusal.message).toContain('gw_live_');
    expect(refusal.message).not.toContain('sk-proj');
  });

  it('that ends before it begins is not created', async () => {
    const refusal = await refusalOf(gateway.post('/v1/keys', { name: 'Old', expires_at: '2020-01-01T00:00:00Z' }));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_request', param: 'expires_at' });
    expect(refusal.message).toContain('in the future');
  });
});

describe('an address', () => {
  it.each([
    ['GET', chat, 'POST'],
    ['GET', '/v1/messages', 'POST'],
    ['PUT', '/v1/budgets/bud_x', 'GET, PATCH or DELETE'],
    ['DELETE', '/v1/budgets', 'GET or POST'],
  ])('%s %s says which methods it takes', async (method, path, methods) => {
    const refusal = await refusalOf(gateway.send(method, path));
    expect(refusal).toMatchObject({ status: 404, code: 'not_found' });
    expect(refusal.message).toContain(`${path.replace('bud_x', ':id')} takes ${methods}`);
  });

  it.each([
    ['/v1/chat/completion', '/v1/chat/completions'],
    ['/api/v1/chat/completions', '/v1/chat/completions'],
    ['/anthropic/v1/messages', '/v1/messages'],
    ['/v1/budget', '/v1/budgets'],
  ])('%s is answered with the address that was meant', async (path, meant) => {
    const refusal = await refusalOf(gateway.post(path, {}));
    expect(refusal).toMatchObject({ status: 404, code: 'not_found' });
    expect(refusal.message).toContain(`Did you mean ${meant}?`);
  });
});

describe('a field of a management call', () => {
  it('that is misspelt is named, rather than the one it leaves missing', async () => {
    const refusal = await refusalOf(gateway.post('/v1/budgets', { name: 'A', limit: 5 }));
    expect(refusal).toMatchObject({ status: 400, param: 'limit' });
    expect(refusal.message).toContain('Did you mean `limit_usd`?');
  });

  it('that takes one value or several says so in one sentence', async () => {
    const refusal = await refusalOf(gateway.get('/v1/events?type=budget.80'));
    expect(refusal).toMatchObject({ status: 400, param: 'type' });
    expect(refusal.message).toMatch(/^`type` must be one of "budget\.threshold_reached", /);
    expect(refusal.message).not.toContain('; a list');
  });

  it('that is too small is refused with its bound in digits', async () => {
    const refused = async (amount: number): Promise<string> =>
      (await refusalOf(gateway.send('PUT', '/v1/scenarios/x/limits', { max_usd_per_hour: amount }))).message;
    expect(await refused(-1)).toBe('`max_usd_per_hour` must be greater than 0.');
    expect(await refused(1e-10)).toBe('`max_usd_per_hour` must be at least 0.000000001.');
  });

  it.each([
    '/v1/usage/clients?from=2026-11-05&to=2026-11-01',
    '/v1/usage/series?from=2026-11-05&to=2026-11-01',
    '/v1/usage/requests?from=2026-11-05&to=2026-11-01',
  ])('a range that ends before it begins is refused, not answered with nothing: %s', async (path) => {
    const refusal = await refusalOf(gateway.get(path));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_request', param: 'from' });
    expect(refusal.message).toContain('is after `to`');
  });
});
