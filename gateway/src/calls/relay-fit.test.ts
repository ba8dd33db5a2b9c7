import type { AccountKind } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { messages } from '../dialects/messages.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { responses } from '../dialects/responses.ts';
import { relayBody } from './relay-body.ts';

const hello = { messages: [{ role: 'user', content: 'Hi' }] };

/** The body that goes out when it is relayed to `model`, whichever model it was written for. */
function relayed(
  dialect: Dialect,
  kind: AccountKind,
  model: string,
  fields: JsonObject,
): { json: JsonObject; dropped: readonly string[]; untouched: boolean } {
  const came = JSON.stringify({ model, ...(dialect.id === 'responses' ? { input: 'Hi' } : hello), ...fields }, null, 1);
  const body = Buffer.from(came);
  const json = JSON.parse(came) as JsonObject;
  const sent = relayBody({ body, outline: outlineJson(body), json, call: dialect.read(json), model, kind });
  const text = sent.body.toString();
  const { messages: _m, input: _i, model: _n, ...rest } = JSON.parse(text) as JsonObject;
  return { json: rest, dropped: sent.dropped, untouched: text === came };
}

describe('a chat body, fitted to the model of OpenAI that gets it', () => {
  it.each([
    // "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    ['o4-mini', { max_tokens: 2_000, temperature: 0.3 }, { max_completion_tokens: 2_000 }, ['temperature']],
    ['gpt-5-mini', { max_tokens: 300 }, { max_completion_tokens: 300 }, []],
    ['gpt-5', { max_tokens: 9, max_completion_tokens: 7 }, { max_completion_tokens: 7 }, []],
    ['gpt-4o', { max_tokens: 9, max_completion_tokens: 7 }, { max_completion_tokens: 7 }, []],
    ['gpt-5', { temperature: 1, top_p: 1, stop: null, n: 1 }, { n: 1 }, []],
    ['gpt-5', { top_p: 0.5, stop: ['x'], presence_penalty: 1 }, {}, ['top_p', 'stop', 'presence_penalty']],
    // 5.1 to 5.4 do not think unasked, and take a temperature then; later ones think.
    ['gpt-5.4', { temperature: 0.2, top_p: 0.5 }, { temperature: 0.2, top_p: 0.5 }, []],
    ['gpt-5.4', { temperature: 0.2, reasoning_effort: 'low' }, { reasoning_effort: 'low' }, ['temperature']],
    ['gpt-5.5', { temperature: 0.2 }, {}, ['temperature']],
    ['gpt-5.5', { temperature: 0.2, reasoning_effort: 'none' }, { temperature: 0.2, reasoning_effort: 'none' }, []],
    ['gpt-4o-mini', { reasoning_effort: 'low', max_tokens: 300 }, { max_tokens: 300 }, ['reasoning_effort']],
    ['gpt-4o-mini', { reasoning_effort: 'none' }, {}, []],
    ['gpt-5', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'high' }, ['reasoning_effort']],
    ['o3', { reasoning_effort: 'minimal' }, { reasoning_effort: 'low' }, ['reasoning_effort']],
    ['gpt-6-astra', { reasoning_effort: 'none' }, { reasoning_effort: 'low' }, ['reasoning_effort']],
    ['gpt-6.2-astra', { reasoning_effort: 'none' }, { reasoning_effort: 'low' }, ['reasoning_effort']],
    ['o3', { parallel_tool_calls: false }, {}, ['parallel_tool_calls']],
    ['gpt-4.1', { verbosity: 'low', prediction: { type: 'content', content: 'x' } }, {}, ['verbosity']],
    ['gpt-4o', { web_search_options: { search_context_size: 'low' } }, {}, ['web_search_options']],
    ['gpt-4o-search-preview', { temperature: 0, n: 2, seed: 1 }, {}, ['temperature', 'n', 'seed']],
    ['gpt-4o', { max_tokens: 32_000 }, { max_tokens: 16_384 }, []],
    ['gpt-9-nova', { max_tokens: 9, temperature: 0.1 }, { max_completion_tokens: 9 }, ['temperature']],
  ] as [string, JsonObject, JsonObject, string[]][])('%s, of %j gets %j', (model, fields, sent, dropped) => {
    const { json, dropped: named } = relayed(chat, 'openai', model, fields);
    const { prediction: _, ...rest } = json;
    expect([rest, named]).toEqual([sent, dropped]);
  });

  it('goes as it came, to the byte, where the model takes it all', () => {
    const all = { temperature: 0.2, top_p: 0.9, max_tokens: 50, stop: ['x'], n: 2, seed: 4, logprobs: true };
    expect(relayed(chat, 'openai', 'gpt-4o', all).untouched).toBe(true);
    expect(
      relayed(chat, 'openai', 'gpt-5', { reasoning_effort: 'minimal', verbosity: 'low', max_completion_tokens: 9 })
        .untouched,
    ).toBe(true);
  });

  it('keeps a model from thinking where it has tools only OpenAI knows, which cannot go another way', () => {
    const tools = [
      { type: 'function', function: { name: 'f' } },
      { type: 'custom', custom: { name: 'c' } },
    ];
    const { json, dropped } = relayed(chat, 'openai', 'gpt-5.6-terra', { tools, reasoning_effort: 'high' });
    expect([json.reasoning_effort, dropped]).toEqual(['none', ['reasoning_effort']]);
  });
});

describe('a responses body, fitted to the model of OpenAI that gets it', () => {
  it.each([
    [
      'gpt-4o',
      {
        reasoning: { effort: 'low', summary: 'auto' },
        text: { verbosity: 'low' },
        include: ['reasoning.encrypted_content'],
        max_output_tokens: 99,
      },
      { max_output_tokens: 99 },
      ['reasoning', 'text.verbosity', 'include'],
    ],
    [
      'gpt-4o',
      { reasoning: { effort: 'none' }, text: { verbosity: 'medium', format: { type: 'text' } } },
      { text: { verbosity: 'medium', format: { type: 'text' } } },
      [],
    ],
    ['gpt-5', { temperature: 0.2, top_logprobs: 2 }, {}, ['temperature', 'top_logprobs']],
    // An item that changes the effort is OpenAI's to heed: the request keeps its own.
    [
      'gpt-5.6-terra',
      {
        reasoning: { effort: 'low' },
        input: [
          { role: 'user', content: 'Hi' },
          { type: 'configuration_update', reasoning: { effort: 'high' } },
        ],
      },
      { reasoning: { effort: 'low' } },
      [],
    ],
    [
      'gpt-5',
      { reasoning: { effort: 'max', summary: 'auto' } },
      { reasoning: { effort: 'high', summary: 'auto' } },
      ['reasoning.effort'],
    ],
    [
      'o3',
      { reasoning: { effort: 'low', summary: 'concise', mode: 'pro' } },
      { reasoning: { effort: 'low', summary: 'auto' } },
      ['reasoning.summary', 'reasoning.mode'],
    ],
    [
      'gpt-5.6-sol',
      { reasoning: { summary: 'concise', mode: 'pro' } },
      { reasoning: { summary: 'concise', mode: 'pro' } },
      [],
    ],
    ['gpt-5.6-sol', { reasoning: { effort: 'max' } }, { reasoning: { effort: 'max' } }, []],
    ['gpt-5-pro', { reasoning: { effort: 'low' } }, { reasoning: { effort: 'high' } }, ['reasoning.effort']],
  ] as [string, JsonObject, JsonObject, string[]][])('%s, of %j gets %j', (model, fields, sent, dropped) => {
    const { json, dropped: named } = relayed(responses, 'openai', model, fields);
    expect([json, named]).toEqual([sent, dropped]);
  });

  it('hands no thoughts to a model that does not think', () => {
    const user = { role: 'user', content: 'Hi' };
    const body = Buffer.from(
      JSON.stringify({
        model: 'gpt-4o',
        input: [user, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }, user],
      }),
    );
    const json = JSON.parse(body.toString()) as JsonObject;
    const call = responses.read(json);
    const sent = relayBody({ body, outline: outlineJson(body), json, call, model: 'gpt-4o', kind: 'openai' });
    expect((JSON.parse(sent.body.toString()) as JsonObject).input).toEqual([user, user]);
  });
});

describe('a messages body, fitted to the Claude that gets it', () => {
  const enabled = { type: 'enabled', budget_tokens: 5_000 };
  const adaptive = { type: 'adaptive' };
  const summarized = { type: 'adaptive', display: 'summarized' };
  const forced = { type: 'tool', name: 'f' };
  const tools = [{ name: 'f', input_schema: { type: 'object' } }];
  it.each([
    ['claude-opus-4-7', { temperature: 0.2, top_k: 5 }, {}, ['temperature', 'top_k']],
    ['claude-opus-4-7', { temperature: 1 }, {}, []],
    ['claude-opus-4-1', { temperature: 0.2 }, { temperature: 0.2 }, []],
    ['claude-sonnet-4-5', { temperature: 0.2, top_p: 0.5 }, { temperature: 0.2 }, ['top_p']],
    ['claude-3-haiku-20240307', { temperature: 0.2, top_p: 0.5 }, { temperature: 0.2, top_p: 0.5 }, []],
    ['claude-sonnet-4-5', { thinking: enabled, temperature: 0.2 }, { thinking: enabled }, ['temperature']],
    [
      'claude-opus-4-7',
      { thinking: enabled },
      { thinking: summarized, output_config: { effort: 'medium' } },
      ['thinking'],
    ],
    ['claude-opus-4-6', { thinking: enabled }, { thinking: enabled }, []],
    [
      'claude-haiku-4-5',
      { thinking: adaptive, output_config: { effort: 'low' } },
      { thinking: { type: 'enabled', budget_tokens: 2_048 } },
      ['thinking', 'output_config.effort'],
    ],
    ['claude-haiku-4-5', { output_config: { effort: 'high' } }, {}, ['output_config.effort']],
    ['claude-3-5-haiku-20241022', { thinking: adaptive }, {}, ['thinking']],
    [
      'claude-opus-4-6',
      { thinking: adaptive, output_config: { effort: 'xhigh' } },
      { thinking: adaptive, output_config: { effort: 'high' } },
      ['output_config.effort'],
    ],
    ['claude-opus-4-7', { thinking: { type: 'disabled' } }, {}, []],
    ['claude-fable-5', { thinking: { type: 'disabled' } }, { output_config: { effort: 'low' } }, ['thinking']],
    ['claude-fable-5-1', { tools, tool_choice: forced }, { tools, tool_choice: { type: 'auto' } }, ['tool_choice']],
    [
      'claude-sonnet-4-5',
      { tools, tool_choice: forced, thinking: enabled },
      { tools, tool_choice: forced, thinking: { type: 'disabled' } },
      ['thinking'],
    ],
  ] as [string, JsonObject, JsonObject, string[]][])('%s, of %j gets %j', (model, fields, sent, dropped) => {
    const { json, dropped: named } = relayed(messages, 'anthropic', model, { max_tokens: 20_000, ...fields });
    const { max_tokens: _, ...rest } = json;
    expect([rest, named]).toEqual([sent, dropped]);
  });

  it('asks for no longer an answer than the model has, nor for thoughts beyond that', () => {
    const { json } = relayed(messages, 'anthropic', 'claude-opus-4-1', {
      max_tokens: 64_000,
      thinking: { type: 'enabled', budget_tokens: 40_000 },
    });
    expect(json).toMatchObject({ max_tokens: 32_000, thinking: { budget_tokens: 16_000 } });
  });

  it('leaves another vendor’s model behind the same API alone', () => {
    const fields = { max_tokens: 300_000, temperature: 0.2, top_p: 0.1, thinking: adaptive };
    expect(relayed(messages, 'anthropic', 'kimi-k2', fields).untouched).toBe(true);
  });
});

describe('fields that choose another route behind the provider', () => {
  const fields = {
    api_base: 'https://evil.example',
    base_url: 'https://evil.example',
    api_key: 'sk-x',
    custom_host: 'https://evil.example',
    user_config: {},
    models: ['openai/o1-pro'],
    route: 'fallback',
    provider: { order: ['x'] },
  };
  it.each([
    ['chat at OpenAI', chat, 'openai', 'gpt-4o'],
    ['chat at a compatible server', chat, 'openai-compatible', 'qwen'],
    ['responses', responses, 'openai', 'gpt-5'],
    ['messages', messages, 'anthropic', 'claude-sonnet-4-5'],
  ] as const)('reach nobody and are named, in %s', (_, dialect, kind, model) => {
    const { json, dropped } = relayed(dialect, kind, model, { ...fields, max_tokens: 9, temperature: 1 });
    expect(Object.keys(json).filter((name) => name in fields)).toEqual([]);
    expect(dropped).toEqual(expect.arrayContaining(Object.keys(fields)));
  });

  it('nor from within a member servers merge into the body; what else stands there stays', () => {
    const extra = { google: { thinking_config: { include_thoughts: true } } };
    const within = { ...extra, api_base: 'https://evil.example', model: 'o1-pro' };
    const { json, dropped } = relayed(chat, 'openai-compatible', 'qwen', { extra_body: within });
    expect([json, dropped]).toEqual([{ extra_body: extra }, ['extra_body.api_base', 'extra_body.model']]);
    expect(relayed(chat, 'openai-compatible', 'qwen', { extra_body: extra }).untouched).toBe(true);
  });
});

it('a server that falls in for OpenAI gets the older name of the ceiling', () => {
  const body = Buffer.from(JSON.stringify({ model: 'gpt-5', max_completion_tokens: 40, ...hello }));
  const json = JSON.parse(body.toString()) as JsonObject;
  const call = chat.read(json);
  const sent = relayBody({ body, outline: outlineJson(body), json, call, model: 'qwen', kind: 'openai-compatible' });
  expect(JSON.parse(sent.body.toString())).toEqual({ model: 'qwen', max_tokens: 40, ...hello });
});

it.each(['llama-3.3-70b', 'qwen3', 'deepseek-chat', 'gpt-oss-120b', 'org/whatever'])(
  'another maker’s model behind an address of kind openai gets its body as it came: %s',
  (model) => {
    const fields = { max_tokens: 9, temperature: 0.1, reasoning_effort: 'low', stop: ['x'], top_p: 0.4 };
    expect(relayed(chat, 'openai', model, fields).untouched).toBe(true);
  },
);

// "The `reasoning_content` in the thinking mode must be passed back to the API" (https://api-docs.deepseek.com/guides/thinking_mode), and
// LangChain, with it n8n, forgets it.
describe('a conversation that calls tools, relayed to a model that misses its thoughts', () => {
  const ask = { role: 'user', content: 'What is it?' };
  const call = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f' } }],
  };
  const result = { role: 'tool', tool_call_id: 'c1', content: '42' };
  const sentTo = (model: string, messages: readonly JsonObject[], baseUrl?: string): unknown => {
    const json = { model, messages };
    const body = Buffer.from(JSON.stringify(json));
    const options = { body, outline: outlineJson(body), json, call: chat.read(json), model };
    const sent = relayBody({ ...options, kind: 'openai-compatible', baseUrl });
    return (JSON.parse(sent.body.toString()) as JsonObject).messages;
  };

  it.each(['deepseek-v4-pro', 'kimi-k2-thinking'])('has them at %s, where the client has lost them', (model) => {
    const said = { role: 'assistant', content: 'Done.', reasoning_content: 'It is 42.' };
    const sent = sentTo(model, [ask, call, result, said, ask]);
    expect(sent).toEqual([ask, { ...call, reasoning_content: ' ' }, result, said, ask]);
  });

  it('goes without them to a server that refuses them', () => {
    const thought = { ...call, reasoning_content: 'I look it up.' };
    for (const one of [call, thought])
      expect(sentTo('kimi-k2.5', [ask, one, result], 'https://api.cerebras.ai/v1')).toEqual([ask, call, result]);
  });

  it('stays as it is where no tool was called, and at other models', () => {
    const spoken = [ask, { role: 'assistant', content: 'Hi' }, ask];
    expect(sentTo('deepseek-v4-pro', spoken)).toEqual(spoken);
    expect(sentTo('gpt-oss-120b', [ask, call, result])).toEqual([ask, call, result]);
  });
});
