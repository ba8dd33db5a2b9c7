import { type Condition, conditionFault, type Leaf } from '@ai-gateway/shared/rules';
import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import { messages } from '../dialects/messages.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { CallFacts } from './call-facts.ts';
import { because, compileCondition, holds } from './rule-condition.ts';
import { RuleFacts } from './rule-facts.ts';
import { PatternSet } from './rule-patterns.ts';

/** Thursday, 26 November 2026, 23:30 in London, and half past midnight on Friday in Berlin. */
const nowMs = Date.UTC(2026, 10, 26, 23, 30);

const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
const body: JsonObject = {
  model: 'auto',
  stream: true,
  max_completion_tokens: 400,
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
  tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }],
  metadata: { team: 'Blue', cost: 5, client_id: 'acme' },
  messages: [
    { role: 'system', content: 'You sort letters.' },
    { role: 'user', content: 'Earlier words' },
    { role: 'assistant', content: 'Yes.' },
    {
      role: 'user',
      content: [{ type: 'text', text: 'Please pay the Invoice of classical music, 日本の請求書です.' }, image],
    },
  ],
};

function factsOf(json: JsonObject, more: Partial<CallFacts> = {}): CallFacts {
  return {
    ...{ workspaceId: 'ws_1', livemode: true, keyId: 'key_1', json, wishes: undefined, inputTokens: 400, nowMs },
    tags: { client: 'acme', project: 'news', scenario: '42', platform: 'make' },
    call: json.system === undefined ? chat.read(json) : messages.read(json),
    prompt: { id: 'reply', version: 3 },
    budgetPercentUsed: () => 83,
    topic: () => 'extract',
    ...more,
  };
}

function ask(when: Condition, facts = factsOf(body)): boolean {
  expect(conditionFault(when)).toBeUndefined();
  const patterns = new PatternSet();
  const compiled = compileCondition(when, patterns);
  patterns.compile();
  return holds(compiled, new RuleFacts(facts, patterns));
}

describe('a condition looks at', () => {
  const met: Leaf[] = [
    { field: 'text', contains_any: ['invoice', 'Rechnung'] },
    { field: 'text', starts_with: 'please PAY' },
    { field: 'text', matches: 'inv(oice|oices)\\b' },
    { field: 'system', contains_any: ['letters'] },
    { field: 'model', eq: 'auto' },
    { field: 'dialect', in: ['chat', 'responses'] },
    { field: 'client_id', in: ['globex', 'ACME'] },
    { field: 'project', eq: 'news' },
    { field: 'scenario_id', eq: '42' },
    { field: 'platform', eq: 'make' },
    { field: 'key_id', starts_with: 'key_' },
    { field: 'prompt_id', eq: 'reply' },
    { field: 'metadata.team', eq: 'blue' },
    { field: 'metadata.cost', eq: '5' },
    { field: 'input_tokens', gte: 1, lte: 10_000 },
    { field: 'max_tokens', lte: 400 },
    { field: 'messages', eq: 4 },
    { field: 'tools', in: [1, 2] },
    { field: 'tool', eq: 'look_up' },
    { field: 'has_images', eq: true },
    { field: 'has_files', eq: false },
    { field: 'json_schema', eq: true },
    { field: 'stream', eq: true },
    { field: 'effort', in: ['none', 'low'] },
    { field: 'topic', eq: 'extract' },
    { field: 'hour', eq: 23 },
    { field: 'hour', lte: 1, timezone: 'Europe/Berlin' },
    { field: 'weekday', eq: 'thursday' },
    { field: 'weekday', in: ['fri', 6], timezone: 'Europe/Berlin' },
    { field: 'budget_percent_used', gte: 80 },
  ];
  const missed: Leaf[] = [
    { field: 'text', contains_any: ['class', 'voice', 'Earlier'] },
    { field: 'text', contains_any: ['invoice'], case: true },
    { field: 'text', starts_with: 'please', case: true },
    { field: 'text', matches: 'INVOICE', case: true },
    { field: 'system', contains_any: ['invoice'] },
    { field: 'model', eq: 'gpt-4o' },
    { field: 'client_id', in: ['globex'] },
    { field: 'client_id', eq: 'ACME', case: true },
    { field: 'metadata.nothing', eq: 'x' },
    { field: 'metadata.__proto__', matches: '.' },
    { field: 'metadata.constructor', matches: '.' },
    { field: 'max_tokens', gte: 401 },
    { field: 'messages', gte: 5 },
    { field: 'tool', eq: 'send' },
    { field: 'has_files', eq: true },
    { field: 'hour', gte: 9, lte: 17 },
    { field: 'weekday', gte: 'sat' as unknown as number },
    { field: 'budget_percent_used', gte: 84 },
  ];

  it.each(met.map((leaf) => [JSON.stringify(leaf), leaf] as const))('%s, which holds', (_text, leaf) => {
    expect(ask(leaf)).toBe(true);
    expect(ask({ not: leaf })).toBe(false);
  });

  it.each(missed.map((leaf) => [JSON.stringify(leaf), leaf] as const))('%s, which does not hold', (_text, leaf) => {
    expect(ask(leaf)).toBe(false);
    expect(ask({ not: leaf })).toBe(true);
  });

  it('nothing where a call has no such field: no comparison holds', () => {
    const bare = factsOf(
      { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] },
      { tags: {}, prompt: undefined, budgetPercentUsed: () => undefined, topic: undefined },
    );
    for (const field of ['client_id', 'prompt_id', 'effort', 'topic', 'tool', 'metadata.x'])
      expect([field, ask({ field, matches: '' + '.*' }, bare)]).toEqual([field, false]);
    expect(ask({ field: 'max_tokens', gte: 0 }, bare)).toBe(false);
    expect(ask({ field: 'budget_percent_used', lte: 100 }, bare)).toBe(false);
  });
});

describe('words', () => {
  const text = (content: string): CallFacts => factsOf({ model: 'auto', messages: [{ role: 'user', content }] });
  it.each([
    ['class', 'a classical piece', false],
    ['class', 'first-class seats', true],
    ['請求書', '日本の請求書です', true],
    ['invoice', '請求書invoiceです', true],
    ['ใบแจ้งหนี้', 'ส่งใบแจ้งหนี้ให้ฉัน', true],
    ['straße', 'STRASSE', false],
    ['café', 'le cafe\u0301 noir', true],
    ['net 30', 'terms: net\n 30 days', true],
    ['net 30', 'terms: net 300', false],
    ['C++', 'I write C++, not C', true],
    ['don\u2019t', 'I don\u2019t know', true],
    ['naïve', 'unnaïve', false],
    ['😀', 'fine😀', true],
    ['???', 'And now???', true],
    ['+49 30', 'Call +49 30 1234', true],
    ['NET 30', 'terms: Net 30', true],
    ['net_30', 'net_30', true],
    ['\u212Aelvin', '20 kelvin', true],
    ['kelvin', '20 \u212Aelvin', true],
  ])('"%s" in "%s": %s', (word, content, expected) => {
    expect(ask({ field: 'text', contains_any: [word] }, text(content))).toBe(expected);
  });

  it('are looked for in the first 3,000 and the last 1,000 characters', () => {
    const long = `first ${'x '.repeat(3_000)}middle ${'y '.repeat(3_000)} last`;
    expect(ask({ field: 'text', contains_any: ['first'] }, text(long))).toBe(true);
    expect(ask({ field: 'text', contains_any: ['last'] }, text(long))).toBe(true);
    expect(ask({ field: 'text', contains_any: ['middle'] }, text(long))).toBe(false);
  });
});

describe('conditions', () => {
  const yes: Leaf = { field: 'stream', eq: true };
  const no: Leaf = { field: 'stream', eq: false };

  it('are joined by all, any and not, and an empty one holds for every call', () => {
    expect(ask({ all: [yes, { any: [no, yes] }, { not: no }] })).toBe(true);
    expect(ask({ all: [yes, no] })).toBe(false);
    expect(ask({ any: [no, no] })).toBe(false);
    expect(ask({})).toBe(true);
  });

  it.each([
    [{ not: { not: { not: { not: yes } } } }, 'more than 3 levels'],
    [{ all: [] }, 'at least one'],
    [{ all: [yes], any: [yes] }, 'alone'],
    [{ all: Array.from({ length: 21 }, () => yes) }, 'more than 20 conditions'],
    [{ field: 'mood', eq: 'sad' }, 'must be one of'],
    [{ field: 'text' }, 'needs one operator'],
    [{ field: 'text', eq: 'a', in: ['b'] }, 'needs one operator'],
    [{ field: 'text', gte: 5 }, 'must not be used'],
    [{ field: 'messages', contains_any: ['a'] }, 'must not be used'],
    [{ field: 'messages', eq: Number.NaN }, 'a number'],
    [{ field: 'stream', eq: 'yes' }, 'true or false'],
    [{ field: 'weekday', eq: 'someday' }, 'a day'],
    [{ field: 'hour', eq: 1, timezone: 'Mars/Olympus' }, 'time zone'],
    [{ field: 'text', eq: 'a', timezone: 'UTC' }, '`hour` or `weekday`'],
    [{ field: 'text', matches: 'a'.repeat(501) }, '500 characters'],
    [{ field: 'text', contains_any: Array.from({ length: 51 }, (_, i) => `w${i}`) }, '1 to 50'],
    [{ field: 'text', eq: 'a', regex: 'b' }, 'is unknown'],
    [{ field: '__proto__', eq: 'a' }, 'must be one of'],
    [JSON.parse('{"__proto__":{"field":"stream","eq":true},"field":"x","eq":1}'), 'must be one of'],
    ['always', 'must be a condition'],
    [[yes], 'must be a condition'],
  ])('%j is refused', (when, message) => {
    expect(conditionFault(when)?.message).toContain(message);
  });

  it('say which part settles them', () => {
    const patterns = new PatternSet();
    const when = compileCondition(
      { all: [{ field: 'client_id', in: ['acme'] }, { not: { field: 'has_images', eq: true } }] },
      patterns,
    );
    expect(because(when, new RuleFacts(factsOf(body), patterns))).toBe('has_images is true');
    const bare = factsOf({ model: 'auto', messages: [{ role: 'user', content: 'Hi' }] });
    expect(because(when, new RuleFacts(bare, patterns))).toBe('client_id is one of "acme", has_images is not true');
  });
});
