import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { cacheKey, type KeyParts } from './cache-key.ts';
import { canonicalJson } from './canonical-json.ts';

const secret = 'a'.repeat(64);
const tagNames = ['client_id', 'project', 'scenario_id', 'scenario_platform', 'execution_id'];

function keyOf(json: JsonObject, more: Partial<KeyParts> = {}): string {
  return cacheKey(secret, {
    epoch: 0,
    workspaceId: 'ws_1',
    livemode: true,
    scope: '["client","acme"]',
    dialect: 'chat',
    account: 'openai',
    model: 'gpt-4o',
    headers: {},
    strict: false,
    maxTokens: undefined,
    json,
    body: Buffer.from(JSON.stringify(json)),
    ownKey: undefined,
    tagNames,
    ...more,
  });
}

/** A request of each dialect with every field that its vendor documents and callers use. */
const fixtures: Record<DialectId, JsonObject> = {
  chat: {
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: 'data:x', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'found' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'find', strict: true, parameters: { type: 'object', properties: { a: { type: 'number' } } } },
      },
    ],
    tool_choice: { type: 'function', function: { name: 'find' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
    max_tokens: 10,
    max_completion_tokens: 12,
    temperature: 0.5,
    top_p: 0.9,
    stop: ['END'],
    seed: 7,
    frequency_penalty: 0.1,
    presence_penalty: 0.2,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 50256: -100 },
    reasoning_effort: 'low',
    verbosity: 'low',
    stream: true,
    stream_options: { include_usage: true },
    service_tier: 'default',
    safety_identifier: 'u',
    metadata: { ticket: '7' },
    options: { num_ctx: 4096 },
  },
  responses: {
    model: 'gpt-4o',
    instructions: 'Be kind.',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    tools: [{ type: 'function', name: 'find', parameters: { type: 'object' }, strict: false }],
    tool_choice: 'required',
    text: { format: { type: 'json_object' }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    max_output_tokens: 100,
    max_tool_calls: 2,
    temperature: 0.2,
    truncation: 'auto',
    store: false,
    stream: false,
  },
  messages: {
    model: 'claude-sonnet-4-5',
    system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 100,
    tools: [{ name: 'find', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 2000 },
    output_config: { effort: 'low' },
    temperature: 1,
    top_k: 5,
    stop_sequences: ['END'],
    metadata: { user_id: 'u-1' },
    stream: true,
  },
};

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}

type Path = (string | number)[];

/** Every value inside, with its path. */
function* leaves(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) yield path;
  else for (const [name, inner] of Object.entries(value)) yield* leaves(inner, [...path, name]);
}

function changedAt(json: JsonObject, path: Path): JsonObject {
  const copy = structuredClone(json);
  const last = path.at(-1) ?? '';
  const holder = path.slice(0, -1).reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], copy) as Record<
    string,
    unknown
  >;
  const value = holder[last];
  holder[last] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}!`;
  return copy;
}

describe.each(Object.entries(fixtures) as [DialectId, JsonObject][])('the key of a call of %s', (dialect, json) => {
  it('does not depend on the order of keys', () => {
    expect(keyOf(reversed(json) as JsonObject, { dialect })).toBe(keyOf(json, { dialect }));
  });

  it.each([...leaves(json)].map((path) => [path.join('.'), path] as const))('changes with %s', (_name, path) => {
    expect(keyOf(changedAt(json, path), { dialect })).not.toBe(keyOf(json, { dialect }));
  });

  it('changes with each field that is left out, or added', () => {
    const key = keyOf(json, { dialect });
    for (const name of Object.keys(json)) {
      const { [name]: _gone, ...rest } = json;
      expect(keyOf(rest, { dialect }), name).not.toBe(key);
    }
    expect(keyOf({ ...json, num_ctx: 2048 }, { dialect })).not.toBe(key);
  });

  it('does not change with tags, fallbacks, the user and keys of the vendor’s own cache', () => {
    const tags = Object.fromEntries(tagNames.map((name) => [name, 'x']));
    const metadata = { ...((json.metadata ?? {}) as object), ...tags };
    const more = {
      fallback_models: ['x'],
      response_cache: { ttl_seconds: 1 },
      user: 'u',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
    };
    expect(keyOf({ ...json, ...more, metadata }, { dialect })).toBe(keyOf(json, { dialect }));
  });
});

it('the key changes with everything beside the body', () => {
  const json = fixtures.chat;
  const others: Partial<KeyParts>[] = [
    { epoch: 1 },
    { workspaceId: 'ws_2' },
    { livemode: false },
    { scope: '["client","globex"]' },
    { dialect: 'responses' },
    { account: 'openai-2' },
    { model: 'gpt-4o-mini' },
    { headers: { 'anthropic-beta': 'x' } },
    { strict: true },
    { maxTokens: 100 },
    { ownKey: 'faq' },
  ];
  const keys = [keyOf(json), ...others.map((more) => keyOf(json, more)), cacheKey('b'.repeat(64), { ...parts(json) })];
  expect(new Set(keys).size).toBe(keys.length);
});

function parts(json: JsonObject): KeyParts {
  return {
    epoch: 0,
    workspaceId: 'ws_1',
    livemode: true,
    scope: '["client","acme"]',
    dialect: 'chat',
    account: 'openai',
    model: 'gpt-4o',
    headers: {},
    strict: false,
    maxTokens: undefined,
    json,
    body: Buffer.from(JSON.stringify(json)),
    ownKey: undefined,
    tagNames,
  };
}

it('of numbers that JavaScript cannot tell apart, the bytes count', () => {
  const [a, b] = ['9007199254740992', '9007199254740993'].map((seed) => {
    const body = Buffer.from(`{"model":"m","seed":${seed}}`);
    return keyOf(JSON.parse(body.toString()) as JsonObject, { body });
  });
  expect(a).not.toBe(b);
});

it('a key of the caller’s own stands for the body, but for how the answer is framed', () => {
  const ownKey = 'faq-7';
  const [plain, other, stream] = [{ a: 1 }, { a: 2 }, { a: 1, stream: true }].map((json) => keyOf(json, { ownKey }));
  expect(other).toBe(plain);
  expect(stream).not.toBe(plain);
});

it('different values have different keys, and equal ones the same, whatever they are', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, two] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
      const same = keyOf({ x: one }) === keyOf({ x: two });
      const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(two));
      expect(same).toBe(isEqual);
      // Of numbers with more digits than JavaScript keeps, the bytes count, and with them the order.
      if (canonicalJson(one).isExact) expect(keyOf({ x: reversed(one) })).toBe(keyOf({ x: one }));
    }),
    { seed: 18 },
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
