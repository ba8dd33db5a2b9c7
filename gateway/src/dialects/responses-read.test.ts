import { isGatewayError } from '@ai-gateway/shared/errors';
import { anything, assert, constantFrom, jsonValue, object, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './neutral.ts';
import { responses } from './responses.ts';

const read = (body: JsonObject) => responses.read({ model: 'm', input: 'Hi', ...body });
const pixel = 'iVBORw0KGgo=';

/** The field an error names, or what was read instead of an error. */
function faultOf(body: JsonObject): unknown {
  try {
    return read(body);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return error.code === 'invalid_request' ? error.param : `${error.code} ${error.param}`;
  }
}

describe('what is asked', () => {
  it('text alone is what the user says, and instructions stand before it', () => {
    expect(read({ instructions: 'Be brief.' }).messages).toEqual([
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
    ]);
  });

  it('messages may leave their type out, and a developer speaks as the system', () => {
    const { messages } = read({
      input: [
        { role: 'developer', content: 'Be brief.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      ],
    });
    expect(messages).toEqual([
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      { role: 'assistant', parts: [{ kind: 'refusal', text: 'No.' }] },
    ]);
  });

  it('pictures and files come along, by address or as data', () => {
    const { messages, onlyNative } = read({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'https://example.com/cat.png', detail: 'low' },
            { type: 'input_image', image_url: `data:image/png;base64,${pixel}` },
            { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${pixel}` },
            { type: 'input_file', file_data: pixel },
          ],
        },
      ],
    });
    expect(messages[0]?.parts).toEqual([
      { kind: 'image', source: { kind: 'url', url: 'https://example.com/cat.png' }, detail: 'low' },
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: pixel } },
      { kind: 'file', mediaType: 'application/pdf', data: pixel, filename: 'a.pdf' },
      { kind: 'file', mediaType: 'application/pdf', data: pixel },
    ]);
    expect(onlyNative).toEqual([]);
  });

  it('thoughts, words and calls of one answer are one turn, and the results of its calls another', () => {
    const { messages } = read({
      input: [
        { role: 'user', content: 'Weather?' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'proof' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me look.' }] },
        { type: 'function_call', call_id: 'a', name: 'look', arguments: '{"city":"Paris"}' },
        { type: 'function_call', call_id: 'b', name: 'look', arguments: '' },
        { type: 'function_call_output', call_id: 'a', output: 'clear' },
        {
          type: 'function_call_output',
          call_id: 'b',
          output: [
            { type: 'input_text', text: 'rain' },
            { type: 'input_image', image_url: `data:image/png;base64,${pixel}` },
          ],
        },
      ],
    });
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', id: 'rs_1', text: 'Hm.', signature: 'proof', signedBy: 'openai' },
          { kind: 'text', text: 'Let me look.' },
          { kind: 'tool-call', id: 'a', name: 'look', arguments: '{"city":"Paris"}' },
          { kind: 'tool-call', id: 'b', name: 'look', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        parts: [
          { kind: 'tool-result', toolCallId: 'a', content: [{ kind: 'text', text: 'clear' }] },
          {
            kind: 'tool-result',
            toolCallId: 'b',
            content: [
              { kind: 'text', text: 'rain' },
              { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: pixel } },
            ],
          },
        ],
      },
    ]);
  });

  it('thoughts told whole count like a summary', () => {
    const { messages } = read({
      input: [{ type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] }],
    });
    expect(messages).toEqual([{ role: 'assistant', parts: [{ kind: 'reasoning', id: 'rs_1', text: 'Hm.' }] }]);
  });

  it('every setting has its place', () => {
    const call = read({
      stream: true,
      tools: [{ type: 'function', name: 'look', description: 'Looks', parameters: { type: 'object' }, strict: true }],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      max_output_tokens: 99,
      temperature: 0.5,
      top_p: 0.9,
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      top_logprobs: 3,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'city', schema: { type: 'object' }, strict: true } },
      safety_identifier: 'u1',
      service_tier: 'flex',
    });
    expect(call).toMatchObject({
      dialect: 'responses',
      stream: true,
      streamUsage: true,
      tools: [{ name: 'look', description: 'Looks', parameters: { type: 'object' }, strict: true }],
      toolChoice: { kind: 'tool', name: 'look' },
      parallelToolCalls: false,
      maxTokens: 99,
      temperature: 0.5,
      topP: 0.9,
      logprobs: true,
      topLogprobs: 3,
      reasoning: { effort: 'low', visible: true },
      output: { kind: 'json-schema', name: 'city', schema: { type: 'object' }, strict: true },
      user: 'u1',
      serviceTier: 'flex',
      extra: {},
      onlyNative: [],
    });
  });

  it('what n8n’s nodes and LangChain send by default asks for nothing another provider lacks', () => {
    const call = read({
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      parallel_tool_calls: true,
      store: true,
      background: false,
      text: {},
      tools: [],
      stream: false,
      truncation: 'disabled',
      previous_response_id: null,
      conversation: null,
      prompt: null,
      prompt_cache_key: 'k',
      metadata: { client_id: 'acme' },
      include: null,
    });
    expect(call.extra).toEqual({});
    expect(call.onlyNative).toEqual([]);
  });

  it('what only OpenAI can set is kept by its name, to be told when it is dropped', () => {
    const { extra } = read({
      text: { verbosity: 'low' },
      truncation: 'auto',
      include: ['reasoning.encrypted_content', 'file_search_call.results'],
      max_tool_calls: 3,
    });
    expect(extra).toEqual({
      'text.verbosity': 'low',
      truncation: 'auto',
      include: ['file_search_call.results'],
      max_tool_calls: 3,
    });
  });
});

describe('what only OpenAI can do', () => {
  it.each([
    [
      { previous_response_id: 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b', input: '' },
      'previous_response_id',
    ],
    [{ conversation: { id: 'conv_1' }, input: [] }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' }, input: null }, 'prompt'],
    [{ tools: [{ type: 'web_search' }] }, 'web_search'],
    [{ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, 'tool_choice'],
    [
      { input: [{ type: 'item_reference', id: 'msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b' }] },
      'item_reference',
    ],
    [{ input: [{ type: 'web_search_call', id: 'ws_1', status: 'completed' }] }, 'web_search_call'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, 'input_image.file_id'],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }, 'input_file.file_id'],
  ])('is named, so that no other provider is asked for it: %j', (body, feature) => {
    expect(read(body).onlyNative).toEqual([feature]);
  });
});

describe('what cannot be read', () => {
  it.each([
    [{ model: 7 }, 'model'],
    [{ input: undefined }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: ['Hi'] }, 'input[0]'],
    [
      {
        input: [
          { role: 'user', content: 'Hi' },
          { role: 'robot', content: 'Hi' },
        ],
      },
      'input[1].role',
    ],
    [{ input: [{ content: 'Hi' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'video' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text', text: 7 }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].image_url'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'ftp://x' }] }] },
      'input[0].content[0].image_url',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0].file_data'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:x' }] }] },
      'input[0].content[0].file_data',
    ],
    [{ input: [{ type: 7 }] }, 'input[0].type'],
    [{ input: [{ type: 'function_call', name: 'x', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call', call_id: 'a', name: 'x', arguments: [1] }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call_output', call_id: 'a' }] }, 'input[0].output'],
    [{ input: [{ type: 'reasoning', summary: [{}] }] }, 'input[0].summary[0].text'],
    [{ input: [{ type: 'item_reference' }] }, 'input[0].id'],
    [{ instructions: ['Be brief.'] }, 'instructions'],
    [{ stream: 'yes' }, 'stream'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ name: 'x' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'x', parameters: [] }] }, 'tools[0].parameters'],
    [{ tool_choice: 'any' }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.name'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_logprobs: 21 }, 'top_logprobs'],
    [{ include: 'all' }, 'include'],
    [{ include: [7] }, 'include[0]'],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    [{ text: 'json' }, 'text'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name'],
    [{ truncation: 'middle' }, 'truncation'],
    [{ previous_response_id: 7, input: 'Hi' }, 'previous_response_id'],
    [{ background: true }, 'background'],
  ])('is refused by name: %j', (body, param) => {
    expect(faultOf(body)).toBe(param);
  });

  it('an item of an answer written here is not stored here, and the refusal names it', () => {
    const id = '01kb1c2d3e4f5g6h7j8k9m0n1p';
    expect(faultOf({ input: [{ type: 'item_reference', id: `msg_${id}0` }] })).toBe('unsupported_parameter input[0]');
  });

  it('whatever stands in a field, it is read or refused by name', () => {
    const fields = constantFrom(
      'input',
      'tools',
      'tool_choice',
      'text',
      'reasoning',
      'include',
      'instructions',
      'stream',
    );
    assert(
      property(fields, jsonValue({ maxDepth: 4 }), (field, value) => {
        const fault = faultOf({ [field]: value });
        expect(typeof fault === 'object' || String(fault).startsWith(field)).toBe(true);
      }),
    );
    const types = constantFrom('message', 'function_call', 'function_call_output', 'reasoning', 'item_reference', 'x');
    const odd = object({
      key: constantFrom('role', 'content', 'output', 'summary', 'call_id', 'id', 'name'),
      values: [anything()],
    });
    assert(
      property(types, odd, (type, fields) => {
        const fault = faultOf({ input: [{ ...fields, type }] });
        expect(typeof fault === 'object' || String(fault).startsWith('input[0]')).toBe(true);
      }),
    );
  });
});
