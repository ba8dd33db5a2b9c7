import { describe, expect, it } from 'vitest';
import { readChat } from '../dialects/chat-read.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { readMessages } from '../dialects/messages-read.ts';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { readResponses } from '../dialects/responses-read.ts';
import { checkContent, type GivenContent, type Snippet } from './check-content.ts';
import { type Expanded, expandBody, readAsked } from './expand-prompt.ts';
import { compilePrompt } from './render-prompt.ts';

const readers = { chat: readChat, responses: readResponses, messages: readMessages };
const picture = 'data:image/png;base64,iVBORw0KGgo=';

function expand(
  version: Partial<GivenContent>,
  call: JsonObject | string,
  dialect: DialectId = 'chat',
  strict = false,
): Expanded {
  const given = { messages: [], variables: [], parameters: {}, lock: [], ...version };
  const compiled = compilePrompt(
    checkContent(given, () => undefined),
    0,
  );
  const body = Buffer.from(typeof call === 'string' ? call : JSON.stringify(call));
  const json = JSON.parse(body.toString()) as JsonObject;
  const asked = readAsked(json.prompt) ?? { id: 'p', label: undefined, version: undefined, variables: {} };
  const used = { id: 'p', version: 1, label: undefined };
  const prompt = { asked, used, compiled, dialect, fallbacks: undefined, strict };
  const expanded = expandBody({ body, outline: outlineJson(body), json }, prompt);
  // The bytes say what the object says, and the dialect takes it.
  expect(JSON.parse(expanded.body.toString())).toEqual(expanded.json);
  const { members, end } = outlineJson(expanded.body);
  expect(expanded.outline).toEqual({ members, end });
  readers[dialect](expanded.json);
  return expanded;
}

const reply: Partial<GivenContent> = {
  messages: [
    { role: 'system', content: 'Tone: {{tone}}.' },
    { role: 'user', content: '{{email}}' },
  ],
  variables: [
    { name: 'email', type: 'text' },
    { name: 'tone', type: 'text', default: 'kind' },
  ],
  model: 'gpt-4o',
  parameters: { max_tokens: 50, temperature: 0.2, seed: 7, reasoning_effort: 'low', stop: 'END' },
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
  tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
};
const asks = { prompt: { id: 'p', variables: { email: 'Hi' } } };

describe('a call with a prompt', () => {
  it('is a chat completion with the prompt’s messages first and its defaults', () => {
    const { json, dropped } = expand(reply, {
      ...asks,
      model: 'prompt',
      messages: [{ role: 'user', content: 'More' }],
    });
    expect(json).toEqual({
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'Tone: kind.' },
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'More' },
      ],
      ...reply.parameters,
      response_format: reply.response_format,
      tools: reply.tools,
    });
    expect(dropped).toEqual([]);
  });

  it('is a response with the same in the words of responses', () => {
    const { json, dropped } = expand(reply, { ...asks, input: 'More', reasoning: { summary: 'auto' } }, 'responses');
    expect(json).toEqual({
      model: 'gpt-4o',
      input: [
        { role: 'system', content: 'Tone: kind.' },
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'More' },
      ],
      max_output_tokens: 50,
      temperature: 0.2,
      reasoning: { summary: 'auto', effort: 'low' },
      text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' } } },
      tools: [{ type: 'function', name: 'f', description: 'd', parameters: { type: 'object' } }],
    });
    expect(dropped).toEqual(['seed', 'stop']);
  });

  it('is a message with the system text before the call’s own', () => {
    const own = { ...asks, model: 'claude-sonnet-5', system: [{ type: 'text', text: 'Own' }], messages: [] };
    const { json, dropped } = expand(reply, own, 'messages');
    expect(json).toEqual({
      model: 'claude-sonnet-5',
      system: [
        { type: 'text', text: 'Tone: kind.' },
        { type: 'text', text: 'Own' },
      ],
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 50,
      temperature: 0.2,
      stop_sequences: ['END'],
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
      tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' } }],
    });
    expect(dropped).toEqual(['seed']);
  });

  it('keeps the bytes of the call’s own messages', () => {
    const own =
      '{"prompt":{"id":"p","variables":{"email":"x"}},"messages":[ {"role":"user","content":"\\u00e9", "n":1.0} ] ,"user":"u"}';
    expect(expand(reply, own).body.toString()).toContain(
      '{"role":"user","content":"x"}, {"role":"user","content":"\\u00e9", "n":1.0} ]',
    );
  });

  it('has its own fields win, under any of their names', () => {
    const { json } = expand(reply, {
      ...asks,
      model: 'gpt-6-sol',
      messages: [],
      max_completion_tokens: 9,
      temperature: 1,
    });
    expect(json).toMatchObject({ model: 'gpt-6-sol', max_completion_tokens: 9, temperature: 1 });
    expect(json).not.toHaveProperty('max_tokens');
  });

  it('may not change what the version locks, but may say the same', () => {
    const locked = { ...reply, lock: ['model', 'max_tokens', 'messages', 'tools', 'top_p'] };
    for (const field of [
      { model: 'gpt-6-sol' },
      { max_completion_tokens: 9 },
      { tools: [] },
      { top_p: 0.5 },
      { messages: [{ role: 'user', content: 'x' }] },
    ])
      expect(() => expand(locked, { ...asks, ...field })).toThrow(/locks `/);
    expect(expand(locked, { ...asks, model: 'gpt-4o', max_tokens: 50, messages: [] }).json).toMatchObject({
      max_tokens: 50,
    });
    expect(() => expand(locked, { ...asks, input: 'x' }, 'responses')).toThrow('locks `input`');
  });

  it('may not go around a lock by another field of its dialect', () => {
    const locked = { ...reply, lock: ['messages', 'tools', 'tool_choice', 'response_format', 'reasoning_effort'] };
    for (const [dialect, field, param] of [
      ['messages', { system: 'Own' }, 'system'],
      ['responses', { instructions: 'Own' }, 'instructions'],
      ['chat', { functions: [{ name: 'g' }] }, 'functions'],
      ['chat', { function_call: 'none' }, 'function_call'],
      ['messages', { output_format: { type: 'json_schema', schema: {} } }, 'output_format'],
      ['messages', { output_config: { format: { type: 'json_schema', schema: {} } } }, 'output_config.format'],
      ['messages', { thinking: { type: 'enabled', budget_tokens: 2_000 } }, 'thinking'],
      ['responses', { reasoning: { effort: 'high' } }, 'reasoning.effort'],
    ] as [DialectId, JsonObject, string][])
      expect(() => expand(locked, { ...asks, ...field }, dialect)).toThrow(`locks \`${param}\``);
    expect(expand(locked, { ...asks, system: '', messages: [] }, 'messages').dropped).toEqual(['seed']);
  });

  it('has no default beside the same in an older field', () => {
    const functions = [{ name: 'g', parameters: { type: 'object' } }];
    expect(expand(reply, { ...asks, functions }).json).not.toHaveProperty('tools');
    const format = { type: 'json_schema', schema: { type: 'string' } };
    expect(expand(reply, { ...asks, output_format: format, messages: [] }, 'messages').json.output_config).toEqual({
      effort: 'low',
    });
  });

  it('names all missing values at once, and the surplus', () => {
    const two = {
      messages: [{ role: 'user' as const, content: '{{a}}{{b}}' }],
      variables: [
        { name: 'a', type: 'text' as const },
        { name: 'b', type: 'number' as const },
      ],
      model: 'm',
    };
    expect(() => expand(two, { prompt: { id: 'p' } })).toThrow('The prompt needs values for the variables `a`, `b`.');
    const call = '{"prompt":{"id":"p","variables":{"a":"","b":"1","x":1,"__proto__":{"a":2}}}}';
    expect(expand(two, call).dropped).toEqual(['prompt.variables.x', 'prompt.variables.__proto__']);
    expect(() => expand(two, call, 'chat', true)).toThrow('has no variable for `prompt.variables.x`');
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});

describe('the types of variables', () => {
  const one = (type: GivenContent['variables'][number]['type'], value: unknown, more: object = {}): unknown =>
    expand(
      { messages: [{ role: 'user', content: '[{{v}}]' }], variables: [{ name: 'v', type, ...more }], model: 'm' },
      { prompt: { id: 'p', variables: { v: value } } },
    ).json.messages;
  const said = (content: unknown) => [{ role: 'user', content }];

  it.each([
    ['text', '{{v}} <b>', '[{{v}} <b>]'],
    ['text', { type: 'input_text', text: 'a' }, '[a]'],
    ['number', '1.50', '[1.50]'],
    ['number', 3, '[3]'],
    ['boolean', 'TRUE', '[true]'],
    ['json', { a: [1, '"'] }, '[{"a":[1,"\\""]}]'],
    ['json', ' {"a": 1.0}', '[ {"a": 1.0}]'],
  ] as const)('%s takes %j', (type, value, text) => {
    expect(one(type, value)).toEqual(said(text));
  });

  it.each([
    ['text', { a: 1 }],
    ['number', 'one'],
    ['number', Number.NaN],
    ['boolean', 'yes'],
    ['json', '{'],
    ['image', 'file:///etc/passwd'],
  ] as const)('%s refuses %j', (type, value) => {
    expect(() => one(type, value)).toThrow(/`prompt.variables.v` must be|needs a value/);
  });

  it('a choice takes its options and no others', () => {
    expect(one('choice', 'b', { options: ['a', 'b'] })).toEqual(said('[b]'));
    expect(() => one('choice', 'c', { options: ['a', 'b'] })).toThrow('must be one of "a", "b"');
  });

  it('a picture stands between the words, in the form of each dialect', () => {
    const version = {
      messages: [{ role: 'user' as const, content: 'See {{v}} now' }],
      variables: [{ name: 'v', type: 'image' as const }],
      model: 'm',
      parameters: { max_tokens: 9 },
    };
    const call = { prompt: { id: 'p', variables: { v: picture } } };
    expect(expand(version, call).json.messages).toEqual(
      said([
        { type: 'text', text: 'See ' },
        { type: 'image_url', image_url: { url: picture } },
        { type: 'text', text: ' now' },
      ]),
    );
    expect(expand(version, call, 'responses').json.input).toMatchObject(
      said([{}, { type: 'input_image', image_url: picture }, {}]),
    );
    expect(expand(version, call, 'messages').json.messages).toMatchObject(
      said([{}, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }, {}]),
    );
  });

  it('messages take the place of their placeholder, and so do those of the call', () => {
    const version = {
      messages: [
        { role: 'system' as const, content: 'S' },
        { placeholder: 'history' },
        { role: 'user' as const, content: 'Q' },
      ],
      variables: [{ name: 'history', type: 'messages' as const }],
      model: 'm',
    };
    const history = [
      { role: 'user', content: '{{x}}' },
      { role: 'assistant', content: 'b' },
    ];
    const roles = (json: JsonObject) => (json.messages as { content: string }[]).map(({ content }) => content);
    expect(roles(expand(version, { prompt: { id: 'p', variables: { history } } }).json)).toEqual([
      'S',
      '{{x}}',
      'b',
      'Q',
    ]);
    expect(
      roles(expand(version, { prompt: { id: 'p', variables: { history: JSON.stringify(history) } } }).json),
    ).toHaveLength(4);
    expect(roles(expand(version, { prompt: { id: 'p' }, messages: [{ role: 'user', content: 'own' }] }).json)).toEqual([
      'S',
      'own',
      'Q',
    ]);
    expect(() => expand(version, { prompt: { id: 'p' } })).toThrow('needs a value for the variable `history`');
  });

  it('the messages of a call fill one placeholder, and another one without a value is missing', () => {
    const version = {
      messages: [{ placeholder: 'first' }, { placeholder: 'second' }],
      variables: [
        { name: 'second', type: 'messages' as const },
        { name: 'first', type: 'messages' as const },
      ],
      model: 'm',
    };
    const messages = [{ role: 'user', content: 'own' }];
    expect(() => expand(version, { prompt: { id: 'p' }, messages })).toThrow('for the variable `second`');
    const { json } = expand(version, { prompt: { id: 'p', variables: { first: messages } }, messages });
    expect(json.messages).toHaveLength(2);
  });

  it('with values over 1 MiB is refused before it fills the memory', () => {
    const content = '{{v}}'.repeat(40_000);
    const version = {
      messages: [{ role: 'user' as const, content }],
      variables: [{ name: 'v', type: 'text' as const }],
      model: 'm',
    };
    expect(() => expand(version, { prompt: { id: 'p', variables: { v: 'x'.repeat(1_000_000) } } })).toThrow(
      'over 1 MiB',
    );
  });
});

describe('a version', () => {
  const check = (given: Partial<GivenContent>) => () =>
    checkContent(
      { messages: [{ role: 'user', content: 'x' }], variables: [], parameters: {}, lock: [], ...given },
      () => undefined,
    );

  it.each([
    [{ messages: [{ role: 'user', content: '{{a}} {{b}}' }] }, 'not declared: `a`, `b`'],
    [{ messages: [{ role: 'user', content: '{{> a@1}}' }] }, 'There is no snippet "a@1"'],
    [{ messages: [{ role: 'user' }] }, '`messages[0].content` must be text'],
    [{ messages: [{ content: 'x' }] }, '`messages[0].role` must be given'],
    [{ messages: [{ placeholder: 'h', content: 'x' }] }, 'not both'],
    [{ messages: [{ placeholder: 'h' }, { placeholder: 'h' }] }, 'is there twice'],
    [{ variables: [{ name: '__proto__', type: 'text' }] }, 'cannot have the name `__proto__`'],
    [{ variables: [{ name: 'a', type: 'choice' }] }, 'needs its options'],
    [
      {
        variables: [
          { name: 'a', type: 'text' },
          { name: 'a', type: 'text' },
        ],
      },
      'the same name',
    ],
    [{ variables: [{ name: 'a', type: 'number', default: 'x' }] }, '`variables[0].default` must be a number'],
    [{ variables: [{ name: 'a', type: 'messages' }] }, 'needs a placeholder'],
    [
      { messages: [{ role: 'system', content: '{{a}}' }], variables: [{ name: 'a', type: 'image' }] },
      'only messages of the role user',
    ],
    [{ parameters: { temperature: 'hot' } }, '`temperature` must be'],
    [{ lock: ['model', 'system'] }, '`lock[1]`: "system" cannot be locked'],
    [{ lock: ['instructions'] }, '"instructions" cannot be locked'],
    [{ parameters: { model: 'x' } }, '`parameters.model` is not a default'],
    [{ messages: [{ role: 'user', content: 'x'.repeat(300_000) }] }, 'at most 256 KiB'],
  ] as [Partial<GivenContent>, string][])('%j is refused', (given, message) => {
    expect(check(given)).toThrow(message);
  });

  it('that names a large snippet many times is refused before its texts are put together', () => {
    const content = '{{> a@1}}'.repeat(100);
    const messages = [1, 2, 3].map(() => ({ role: 'user' as const, content }));
    let placed = 0;
    const snippetOf = (): Snippet => {
      placed += 1;
      return { text: 'x'.repeat(250 * 1024), variables: [] };
    };
    expect(() => checkContent({ messages, variables: [], parameters: {}, lock: [] }, snippetOf)).toThrow(
      'at most 256 KiB, its snippets included',
    );
    expect(placed).toBe(2);
  });

  it('has its snippets in place, with the variables they need', () => {
    const given = {
      messages: [{ role: 'user' as const, content: '{{> sign@2}}' }],
      variables: [],
      parameters: {},
      lock: [],
    };
    const content = checkContent(given, () => ({
      text: 'Yours, {{who}}',
      variables: [{ name: 'who', type: 'text', required: true }],
    }));
    expect(content).toMatchObject({
      messages: [{ content: 'Yours, {{who}}' }],
      variables: [{ name: 'who' }],
      snippets: ['sign@2'],
    });
  });
});

it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty'])(
  'a default named %s is one like any other',
  (name) => {
    const version = { ...reply, parameters: { [name]: 1 } };
    expect(expand(version, asks).json[name]).toBe(1);
    expect(expand(version, { ...asks, [name]: 2 }).json[name]).toBe(2);
    expect(() => expand({ ...version, lock: [name] }, { ...asks, [name]: 2 })).toThrow(`locks \`${name}\``);
    expect(expand({ ...version, lock: [name] }, asks).json[name]).toBe(1);
  },
);
