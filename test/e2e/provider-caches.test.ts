import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { fakeKeys } from '../support/fakes/start-fakes.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const mark = { type: 'ephemeral' };
let numbered = 0;

/** Some 2,700 tokens that no other test has sent. */
function longText(): string {
  numbered += 1;
  return `Rule ${numbered}. ${'Answer in one word, and never guess. '.repeat(300)}`;
}

interface ClaudeBody {
  system?: unknown;
  tools?: unknown[];
  messages: { role: string; content: unknown }[];
  [field: string]: unknown;
}

const claude = (more: object): object => ({ model: 'claude-sonnet-4-6', max_tokens: 20, ...more });
const lastSent = (): ClaudeBody => gateway.fakes.anthropic.requests.at(-1)?.json as unknown as ClaudeBody;
const send = (body: object, headers: Record<string, string> = {}): Promise<unknown> =>
  json(gateway.post('/v1/messages', body, headers));

describe('marks for Claude', () => {
  it('a long beginning is marked the second time it is seen, and from then on', async () => {
    const system = longText();
    const ask = (content: string): object => claude({ system, messages: [{ role: 'user', content }] });
    await send(ask('One?'));
    expect(lastSent().system).toBe(system);
    for (const question of ['Two?', 'Three?']) {
      await send(ask(question));
      expect(lastSent().system).toEqual([{ type: 'text', text: system, cache_control: mark }]);
      expect(lastSent().messages).toEqual([{ role: 'user', content: question }]);
    }
  });

  it('a conversation is marked behind its beginning and behind its last closed turn', async () => {
    const system = longText();
    const turns = [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: '1' },
      { role: 'user', content: 'Two?' },
    ];
    await send(claude({ system, messages: turns }));
    expect(lastSent().system).toEqual([{ type: 'text', text: system, cache_control: mark }]);
    expect(lastSent().messages).toEqual([
      turns[0],
      { role: 'assistant', content: [{ type: 'text', text: '1', cache_control: mark }] },
      turns[2],
    ]);
  });

  it('a chat call that goes to Claude is marked too', async () => {
    const system = longText();
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: '1' },
      { role: 'user', content: 'Two?' },
    ];
    await json(gateway.post(chat, hello({ model: 'claude-sonnet-4-6', messages })));
    const { system: sent, messages: turns } = lastSent();
    expect(sent).toEqual([{ type: 'text', text: system, cache_control: mark }]);
    expect(JSON.stringify(turns).match(/cache_control/g)).toHaveLength(1);
  });

  it('a short beginning, a first sight, and a caller who wants none have no mark', async () => {
    const turns = [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: '1' },
      { role: 'user', content: 'Two?' },
    ];
    await send(claude({ system: 'Be kind.', messages: turns }));
    expect(JSON.stringify(lastSent())).not.toContain('cache_control');
    await send(claude({ system: longText(), messages: [{ role: 'user', content: 'One?' }] }));
    expect(JSON.stringify(lastSent())).not.toContain('cache_control');
    await send(claude({ system: longText(), messages: turns }), { 'x-gateway-prompt-cache': 'none' });
    expect(JSON.stringify(lastSent())).not.toContain('cache_control');
  });

  it('the marks of a caller are neither moved nor added to, and its bytes stay as they came', async () => {
    const hourly = { type: 'ephemeral', ttl: '1h' };
    const body = claude({
      system: longText(),
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'One?', cache_control: hourly }] },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two?' },
      ],
    });
    await send(body);
    expect(gateway.fakes.anthropic.requests.at(-1)?.text).toBe(JSON.stringify(body));
  });

  it('a tool loop keeps the mark of the turn before it', async () => {
    const messages: object[] = [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: '1' },
      { role: 'user', content: 'Find it' },
    ];
    const body = { system: longText(), tools: [{ name: 'find', input_schema: { type: 'object' } }] };
    const marked: unknown[] = [];
    for (let step = 0; step < 3; step++) {
      await send(claude({ ...body, messages }));
      marked.push(lastSent().messages.findIndex(({ content }) => JSON.stringify(content).includes('cache_control')));
      messages.push(
        { role: 'assistant', content: [{ type: 'tool_use', id: `toolu_${step}`, name: 'find', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${step}`, content: 'here' }] },
      );
    }
    expect(marked).toEqual([1, 1, 1]);
  });

  it('the saving of a mark has a sign: a write costs more, and a read saves', async () => {
    const system = longText();
    const body = claude({
      system,
      messages: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two?' },
      ],
    });
    gateway.fakes.anthropic.reply({ text: 'a', usage: { input: 2_010, cacheWrite: 2_000, output: 1 } });
    gateway.fakes.anthropic.reply({ text: 'b', usage: { input: 2_010, cached: 2_000, output: 1 } });
    const write = await gateway.post('/v1/messages', body, { 'x-client-id': 'marks' });
    const read = await gateway.post('/v1/messages', body, { 'x-client-id': 'marks' });
    // $3 a million: a write costs $3.75, a read $0.30.
    expect(write.headers.get('x-gateway-saved-usd')).toBe('-0.0015');
    expect(read.headers.get('x-gateway-saved-usd')).toBe('0.0054');
    await eventually(async () => {
      const { data } = await json<{ data: { client_id: string; saved_usd: object }[] }>(
        gateway.get('/v1/savings?group_by=client'),
      );
      expect(data.find(({ client_id }) => client_id === 'marks')?.saved_usd).toEqual({
        auto: 0,
        rules: 0,
        provider_cache: 0.0039,
        response_cache: 0,
      });
    });
  });
});

describe('the key for OpenAI’s cache', () => {
  const keyOf = (): unknown => gateway.fakes.openai.requests.at(-1)?.json.prompt_cache_key;

  it('is the same for a session, another for another one, and hides its name', async () => {
    const keys: unknown[] = [];
    for (const session of ['ann@example.com', 'ann@example.com', 'bob']) {
      await json(gateway.post(chat, hello(), { 'x-session-id': session }));
      keys.push(keyOf());
    }
    expect(keys[0]).toMatch(/^[\w-]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('comes beside a caller’s own breakpoints, which stay where they are and get no other', async () => {
    const part = { type: 'text', text: 'Rules.', prompt_cache_breakpoint: { mode: 'explicit' } };
    const options = { mode: 'explicit', ttl: '30m' };
    const messages = [
      { role: 'system', content: [part] },
      { role: 'user', content: 'One?' },
    ];
    await json(gateway.post(chat, hello({ messages, prompt_cache_options: options }), { 'x-session-id': 'own' }));
    expect(gateway.fakes.openai.requests.at(-1)?.json).toMatchObject({ messages, prompt_cache_options: options });
    expect(gateway.fakes.openai.requests.at(-1)?.text?.match(/prompt_cache_breakpoint/g)).toHaveLength(1);
  });

  it('is left to a caller who has one, and is not made up without a session', async () => {
    await json(gateway.post(chat, hello({ prompt_cache_key: 'mine' }), { 'x-session-id': 's' }));
    expect(keyOf()).toBe('mine');
    await json(gateway.post(chat, hello()));
    expect(keyOf()).toBeUndefined();
    await json(gateway.post(chat, hello(), { 'x-session-id': 's', 'x-gateway-prompt-cache': 'none' }));
    expect(keyOf()).toBeUndefined();
  });
});

describe('a session', () => {
  it('stays at the account that answered it, and leaves it in an outage', async () => {
    const { provider_name: second } = await secondAccount();
    const ask = (): Promise<Response> =>
      gateway.post(chat, hello({ fallback_models: [`${second}/gpt-4o`] }), { 'x-session-id': 'stays' });
    const provider = async (): Promise<string | null> => {
      const answer = await ask();
      await answer.text();
      return answer.headers.get('x-gateway-provider');
    };
    expect(await provider()).toBe('openai');
    gateway.fakes.openai.fault({ kind: 'status', status: 503 });
    // The first account fails once, so the second one answers, and has the prompt from then on.
    expect(await provider()).toBe(second);
    expect(await provider()).toBe(second);
    expect(
      (await gateway.post(chat, hello({ fallback_models: [`${second}/gpt-4o`] }))).headers.get('x-gateway-provider'),
    ).toBe('openai');
  });
});

/** A second account at the same fake. */
async function secondAccount(): Promise<{ provider_name: string }> {
  const created = await json<{ name: string }>(
    gateway.post('/v1/providers', {
      name: 'openai-2',
      kind: 'openai',
      base_url: gateway.fakes.openai.baseUrl,
      api_key: fakeKeys.openai,
    }),
    201,
  );
  return { provider_name: created.name };
}
