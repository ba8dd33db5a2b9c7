const mebi = 1024 * 1024;

export interface HostileRequest {
  name: string;
  path: string;
  body: string | (() => string);
  headers?: Record<string, string>;
  /** The statuses that it may end with. */
  statuses: readonly number[];
}

const chat = '/v1/chat/completions';
const withContent = (content: string, more = '') =>
  `{"model":"gpt-4o","messages":[{"role":"user","content":${content}}]${more}}`;
const extra = (value: string) => withContent('"Hi"', `,"metadata":${value}`);
const many = (count: number, of: string | ((i: number) => string)) =>
  Array.from({ length: count }, (_, i) => (typeof of === 'string' ? of : of(i))).join(',');
const nested = (depth: number): string =>
  depth === 0 ? '{"type":"string"}' : `{"type":"object","properties":{"a":${nested(depth - 1)}}}`;
const tool = (name: string, parameters: string) =>
  `{"type":"function","function":{"name":"${name}","parameters":${parameters}}}`;
const wide = `{"type":"object","properties":{${many(60, (i) => `"field_${i}":{"type":"string","description":"${'d'.repeat(180)}"}`)}}}`;
const ok = [200];
const bad = [400];

/** Requests that cost far more to look at than to send, each with what it is refused with, or that it is answered. */
export const hostileRequests: readonly HostileRequest[] = [
  {
    name: 'a picture of 19 MiB',
    path: chat,
    statuses: ok,
    body: () =>
      `{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,${'A'.repeat(19 * mebi)}"}}]}]}`,
  },
  {
    name: 'words of 19 MiB',
    path: chat,
    statuses: [200, 400],
    body: () => withContent(`"${'a b '.repeat((19 * mebi) / 4)}"`),
  },
  {
    name: 'words of 19 MiB and tools',
    path: chat,
    statuses: [200, 400],
    body: () => withContent(`"${'a b '.repeat((19 * mebi) / 4)}"`, `,"tools":[${tool('t', '{}')}]`),
  },
  {
    name: 'escaped letters',
    path: chat,
    statuses: [200, 400],
    body: () => withContent(`"${'\\u0061'.repeat((19 * mebi) / 6)}"`),
  },
  {
    name: 'escaped quotes',
    path: chat,
    statuses: [200, 400],
    body: () => withContent(`"${'\\"'.repeat((19 * mebi) / 2)}"`),
  },
  {
    name: 'half characters',
    path: chat,
    statuses: [200, 400],
    body: () => withContent(`"${'\\ud83d'.repeat((19 * mebi) / 6)}"`),
  },
  { name: 'blanks of 19 MiB', path: chat, statuses: bad, body: () => extra(' '.repeat(19 * mebi)) },
  { name: 'a million elements', path: chat, statuses: bad, body: () => extra(`[${many(1_000_000, '1')}]`) },
  { name: 'a million empty lists', path: chat, statuses: bad, body: () => extra(`[${many(1_000_000, '[]')}]`) },
  {
    name: '300,000 empty lists',
    path: chat,
    statuses: [200, 400],
    body: () => extra(`{"a":[${many(300_000, '[]')}]}`),
  },
  { name: '100,000 keys', path: chat, statuses: bad, body: () => extra(`{${many(100_000, (i) => `"k${i}":1`)}}`) },
  { name: '70,000 keys', path: chat, statuses: [200, 400], body: () => extra(`{${many(70_000, (i) => `"k${i}":1`)}}`) },
  {
    name: 'a million escaped keys',
    path: chat,
    statuses: bad,
    body: () => extra(`[${many(1_000_000, '{"\\u0061":1}')}]`),
  },
  {
    name: 'a key of a million characters',
    path: chat,
    statuses: bad,
    body: () => extra(`{"${'k'.repeat(1_000_000)}":1}`),
  },
  {
    name: 'ten thousand messages',
    path: chat,
    statuses: [200, 400],
    body: () =>
      `{"model":"gpt-4o","messages":[${many(10_000, '{"role":"user","content":[{"type":"text","text":"Hi"}]}')}]}`,
  },
  {
    name: 'a hundred thousand parts',
    path: '/v1/messages',
    statuses: [200, 400],
    body: () =>
      `{"model":"claude-sonnet-4-6","max_tokens":20,"messages":[{"role":"user","content":[${many(39_000, '{"type":"text","text":"Hi"}')}]}]}`,
  },
  {
    name: 'responses of many items',
    path: '/v1/responses',
    statuses: [200, 400],
    body: () =>
      `{"model":"gpt-4o","input":[${many(9_000, '{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}')}]}`,
  },
  {
    name: 'a thousand tools',
    path: chat,
    statuses: [200, 400],
    body: () =>
      withContent('"Hi"', `,"tools":[${many(1_000, (i) => tool(`tool_${i}`, wide))}],"tool_choice":"required"`),
  },
  {
    name: 'a thousand tools for Claude',
    path: '/v1/messages',
    statuses: [200, 400],
    body: () =>
      `{"model":"claude-sonnet-4-6","max_tokens":20,"messages":[{"role":"user","content":"Hi"}],"tools":[${many(1_000, (i) => `{"name":"tool_${i}","input_schema":${wide}}`)}]}`,
  },
  {
    name: 'a deep schema',
    path: chat,
    statuses: [200, 400],
    body: () =>
      withContent(
        '"Hi"',
        `,"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":${nested(25)}}}`,
      ),
  },
  {
    name: 'a wide schema',
    path: chat,
    statuses: [200, 400],
    body: () =>
      withContent(
        '"Hi"',
        `,"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","required":[${many(20_000, (i) => `"p${i}"`)}],"properties":{${many(20_000, (i) => `"p${i}":{"type":"string"}`)}}}}}`,
      ),
  },
  {
    name: 'embeddings of 2,048 texts and 4,096 dimensions',
    path: '/v1/embeddings',
    statuses: bad,
    body: () => `{"model":"text-embedding-3-large","dimensions":4096,"input":[${many(2_048, '"x"')}]}`,
  },
  {
    name: 'embeddings of 2,048 texts',
    path: '/v1/embeddings',
    statuses: ok,
    body: () => `{"model":"text-embedding-3-small","input":[${many(2_048, '"x"')}]}`,
  },
  {
    name: 'embeddings of 2,048 long texts',
    path: '/v1/embeddings',
    statuses: [200, 400],
    body: () =>
      `{"model":"text-embedding-3-small","dimensions":256,"input":[${many(2_048, `"${'word '.repeat(1_900)}"`)}]}`,
  },
  {
    name: 'the same kept for a key',
    path: '/v1/embeddings',
    statuses: ok,
    headers: { 'idempotency-key': 'large' },
    body: () => `{"model":"text-embedding-3-small","input":[${many(2_048, '"x"')}]}`,
  },
  {
    name: 'a content type of blanks',
    path: chat,
    statuses: [415],
    headers: { 'content-type': `application/json${' '.repeat(15_000)};x` },
    body: withContent('"Hi"'),
  },
  {
    name: 'a thousand fallbacks',
    path: chat,
    statuses: bad,
    headers: { 'x-gateway-fallback': many(1_200, 'gpt-4o') },
    body: withContent('"Hi"'),
  },
  {
    name: 'a model name of 15,000 characters',
    path: chat,
    statuses: [400, 404],
    body: `{"model":"${'gpt'.repeat(5_000)}","messages":[{"role":"user","content":"Hi"}]}`,
  },
  {
    name: 'a management body of many faults',
    path: '/v1/webhooks',
    statuses: [400, 413],
    body: () => `{"url":"https://example.com","events":[${many(300_000, '"x"')}]}`,
  },
  {
    name: 'a management body of many keys',
    path: '/v1/budgets',
    statuses: [400, 413],
    body: () => `{"name":"a","limit_usd":1,${many(9_000, (i) => `"k${i}":1`)}}`,
  },
  {
    name: 'a management body of 19 MiB',
    path: '/v1/budgets',
    statuses: [413],
    body: () => `{"name":"${'a'.repeat(19 * mebi)}"}`,
  },
  {
    name: 'a background call of 19 MiB',
    path: '/v1/chat/completions/background',
    statuses: [202, 400],
    body: () => withContent(`"${'a b '.repeat((19 * mebi) / 4)}"`, ',"callback_url":"https://example.com/"'),
  },
  ...['claude-sonnet-4-6', 'gemini-3.5-flash-lite', 'gpt-4o'].flatMap((model): HostileRequest[] => [
    {
      name: `a thousand small tools for ${model}`,
      path: chat,
      statuses: [200, 400],
      body: () =>
        `{"model":"${model}","messages":[{"role":"user","content":"Hi"}],"tools":[${many(1_000, (i) => tool(`tool_${i}`, nested(8)))}]}`,
    },
    {
      name: `a schema of 19,000 members for ${model}`,
      path: chat,
      statuses: [200, 400],
      body: () =>
        `{"model":"${model}","messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","properties":{${many(19_000, (i) => `"p${i}":{"type":["string","null"]}`)}}}}}}`,
    },
    {
      name: `19 MiB of words for ${model}, streamed by Anthropic’s dialect`,
      path: '/v1/messages',
      statuses: [200, 400],
      body: () =>
        `{"model":"${model}","stream":true,"max_tokens":20,"messages":[{"role":"user","content":"${'a b '.repeat((19 * mebi) / 4)}"}]}`,
    },
  ]),
];
