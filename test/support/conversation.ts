import fc from 'fast-check';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';

/** One conversation, as a client of each dialect writes it. */

type Shown =
  | { kind: 'text'; text: string }
  | { kind: 'image'; data: string }
  | { kind: 'address'; url: string }
  | { kind: 'pdf'; data: string; name: string };

interface Step {
  asked: Shown[];
  said: string;
  calls: { id: string; name: string; input: JsonObject; result: string }[];
}
export interface Conversation {
  system: string | undefined;
  steps: Step[];
  last: Shown[];
  tools: { name: string; description: string; parameters: JsonObject; strict: boolean }[];
  choice: 'auto' | 'none' | 'required' | 'tool' | undefined;
  /** No two calls at once. */
  oneCall: boolean;
  schema: JsonObject | undefined;
  temperature: number | undefined;
  topP: number | undefined;
  maxTokens: number;
  effort: 'low' | 'medium' | 'high' | undefined;
}

const words = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((text) => text.trim() !== '');
const base64 = fc.constantFrom('iVBORw0KGgo=', 'AAAA');
const shown: fc.Arbitrary<Shown> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: words }),
  fc.record({ kind: fc.constant('image' as const), data: base64 }),
  fc.record({ kind: fc.constant('address' as const), url: fc.constantFrom('https://e.org/a.png', 'https://e.org/b') }),
  fc.record({ kind: fc.constant('pdf' as const), data: base64, name: fc.constant('a.pdf') }),
);
const schema = fc.constantFrom<JsonObject>(
  { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  {
    type: 'object',
    properties: { tree: { $ref: '#/$defs/node' } },
    required: ['tree'],
    additionalProperties: false,
    $defs: {
      node: {
        type: 'object',
        properties: {
          name: { type: ['string', 'null'] },
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
        },
        required: ['name', 'next'],
        additionalProperties: false,
      },
    },
  },
);
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
export const conversations: fc.Arbitrary<Conversation> = fc
  .record({
    system: fc.option(words, { nil: undefined }),
    steps: fc.array(
      fc.record({
        asked: fc.array(shown, { minLength: 1, maxLength: 3 }),
        said: fc.oneof(words, fc.constant('')),
        calls: fc.uniqueArray(
          fc.record({
            id: fc.stringMatching(/^call_[a-z0-9]{6}$/),
            name,
            input: fc.dictionary(name, words, { maxKeys: 2 }),
            result: words,
          }),
          { maxLength: 3, selector: ({ id }) => id },
        ),
      }),
      { maxLength: 3 },
    ),
    last: fc.array(shown, { minLength: 1, maxLength: 3 }),
    tools: fc.uniqueArray(fc.record({ name, description: words, parameters: schema, strict: fc.boolean() }), {
      maxLength: 2,
      selector: (t) => t.name,
    }),
    choice: fc.constantFrom('auto' as const, 'none' as const, 'required' as const, 'tool' as const, undefined),
    oneCall: fc.boolean(),
    schema: fc.option(schema, { nil: undefined }),
    temperature: fc.constantFrom(0, 0.5, 1, undefined),
    topP: fc.constantFrom(0.5, undefined),
    maxTokens: fc.integer({ min: 1, max: 20_000 }),
    effort: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, undefined),
  })
  .map((one) => ({
    ...one,
    // Ids of a conversation are its own; a step that says nothing says something.
    steps: one.steps.map((step, i) => ({
      ...step,
      said: step.said === '' && step.calls.length === 0 ? 'ok' : step.said,
      calls: step.calls.map((call) => ({ ...call, id: `${call.id}${i}` })),
    })),
    choice: one.tools.length === 0 ? undefined : one.choice,
    // Anthropic says it beside a choice only, and has no word for what is usual.
    oneCall: one.tools.length > 0 && one.choice !== undefined && one.choice !== 'none' && one.oneCall,
  }));

/** Without the fields that a client leaves out. */
function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function systemOf({ system }: Conversation): JsonObject[] {
  return system === undefined ? [] : [{ role: 'system', content: system }];
}

export function inChat(one: Conversation): JsonObject {
  const part = (item: Shown): JsonObject =>
    item.kind === 'text'
      ? { type: 'text', text: item.text }
      : item.kind === 'image'
        ? { type: 'image_url', image_url: { url: `data:image/png;base64,${item.data}` } }
        : item.kind === 'address'
          ? { type: 'image_url', image_url: { url: item.url } }
          : { type: 'file', file: { filename: item.name, file_data: `data:application/pdf;base64,${item.data}` } };
  return given({
    model: 'm',
    messages: [
      ...systemOf(one),
      ...one.steps.flatMap(({ asked, said, calls }) => [
        { role: 'user', content: asked.map(part) },
        given({
          role: 'assistant',
          content: said === '' ? null : said,
          tool_calls:
            calls.length === 0
              ? undefined
              : calls.map((c) => ({
                  id: c.id,
                  type: 'function',
                  function: { name: c.name, arguments: JSON.stringify(c.input) },
                })),
        }),
        ...calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: c.result })),
      ]),
      { role: 'user', content: one.last.map(part) },
    ],
    tools: one.tools.length === 0 ? undefined : one.tools.map((tool) => ({ type: 'function', function: tool })),
    tool_choice: one.choice === 'tool' ? { type: 'function', function: { name: one.tools[0]?.name } } : one.choice,
    parallel_tool_calls: one.oneCall ? false : undefined,
    response_format: one.schema && {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: one.schema, strict: true },
    },
    temperature: one.temperature,
    top_p: one.topP,
    max_completion_tokens: one.maxTokens,
    reasoning_effort: one.effort,
  });
}

export function inResponses(one: Conversation): JsonObject {
  const part = (item: Shown): JsonObject =>
    item.kind === 'text'
      ? { type: 'input_text', text: item.text }
      : item.kind === 'image'
        ? { type: 'input_image', image_url: `data:image/png;base64,${item.data}` }
        : item.kind === 'address'
          ? { type: 'input_image', image_url: item.url }
          : { type: 'input_file', filename: item.name, file_data: `data:application/pdf;base64,${item.data}` };
  return given({
    model: 'm',
    input: [
      ...systemOf(one),
      ...one.steps.flatMap(({ asked, said, calls }) => [
        { role: 'user', content: asked.map(part) },
        ...(said === ''
          ? []
          : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: said }] }]),
        ...calls.map((c) => ({
          type: 'function_call',
          call_id: c.id,
          name: c.name,
          arguments: JSON.stringify(c.input),
        })),
        ...calls.map((c) => ({ type: 'function_call_output', call_id: c.id, output: c.result })),
      ]),
      { role: 'user', content: one.last.map(part) },
    ],
    tools: one.tools.length === 0 ? undefined : one.tools.map((tool) => ({ type: 'function', ...tool })),
    tool_choice: one.choice === 'tool' ? { type: 'function', name: one.tools[0]?.name } : one.choice,
    parallel_tool_calls: one.oneCall ? false : undefined,
    text: one.schema && { format: { type: 'json_schema', name: 'answer', schema: one.schema, strict: true } },
    temperature: one.temperature,
    top_p: one.topP,
    max_output_tokens: one.maxTokens,
    reasoning: one.effort && { effort: one.effort },
  });
}

export function inMessages(one: Conversation): JsonObject {
  const part = (item: Shown): JsonObject =>
    item.kind === 'text'
      ? { type: 'text', text: item.text }
      : item.kind === 'image'
        ? { type: 'image', source: { type: 'base64', media_type: 'image/png', data: item.data } }
        : item.kind === 'address'
          ? { type: 'image', source: { type: 'url', url: item.url } }
          : {
              type: 'document',
              title: item.name,
              source: { type: 'base64', media_type: 'application/pdf', data: item.data },
            };
  const turns = one.steps.flatMap(({ asked, said, calls }) => [
    { role: 'user', content: asked.map(part) },
    {
      role: 'assistant',
      content: [
        ...(said === '' ? [] : [{ type: 'text', text: said }]),
        ...calls.map((c) => ({ type: 'tool_use', id: c.id, name: c.name, input: c.input })),
      ],
    },
    ...(calls.length === 0
      ? []
      : [{ role: 'user', content: calls.map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: c.result })) }]),
  ]);
  const output = given({ format: one.schema && { type: 'json_schema', schema: one.schema }, effort: one.effort });
  return given({
    model: 'm',
    system: one.system,
    messages: [...turns, { role: 'user', content: one.last.map(part) }],
    tools:
      one.tools.length === 0
        ? undefined
        : one.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
    tool_choice:
      one.choice === undefined
        ? undefined
        : given({
            type: { auto: 'auto', none: 'none', required: 'any', tool: 'tool' }[one.choice],
            name: one.choice === 'tool' ? one.tools[0]?.name : undefined,
            disable_parallel_tool_use: one.oneCall || undefined,
          }),
    output_config: Object.keys(output).length === 0 ? undefined : output,
    temperature: one.temperature,
    top_p: one.topP,
    max_tokens: one.maxTokens,
  });
}
