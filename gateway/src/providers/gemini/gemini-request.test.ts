import { describe, expect, it } from 'vitest';
import type { JsonObject, NeutralCall, Tool, ToolChoice } from '../../dialects/neutral.ts';
import { gemini } from './gemini.ts';
import { geminiRequest } from './gemini-request.ts';

const weather: Tool = {
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

describe('where a call to Gemini goes', () => {
  const target = targetOf('gemini-2.5-flash');

  it('the key goes in a header, never in the address', () => {
    const { url, headers } = gemini.adapter.request(callOf({}), target);
    expect(url).toBe('https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent');
    expect(headers).toEqual({ 'content-type': 'application/json', 'x-goog-api-key': 'the-key' });
  });

  it('a streamed call asks for server-sent events', () => {
    expect(gemini.adapter.request(callOf({ stream: true }), target).url).toMatch(/:streamGenerateContent\?alt=sse$/);
  });

  it('the name of a model cannot lead anywhere else', () => {
    const { url } = gemini.adapter.request(callOf({}), targetOf('../../v1/files?x=#'));
    expect(new URL(url).pathname).toBe('/v1beta/models/..%2F..%2Fv1%2Ffiles%3Fx%3D%23:generateContent');
  });
});

describe('what a call becomes', () => {
  it('a plain question is one turn and nothing else', () => {
    expect(bodyOf({})).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });

  it('system texts are gathered, wherever they stand', () => {
    const messages: NeutralCall['messages'] = [
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      { role: 'system', parts: [{ kind: 'text', text: 'Be kind.' }] },
    ];
    expect(bodyOf({ messages }).systemInstruction).toEqual({ parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] });
  });

  it('sampling, length, stops and seed have names of their own', () => {
    const config = { maxTokens: 100, temperature: 0.5, topP: 0.9, topK: 20, stop: ['END', ''], seed: 7 };
    expect(configOf(config, 'gemini-2.5-pro')).toEqual({
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      topK: 20,
      stopSequences: ['END'],
      seed: 7,
    });
  });

  it('a seed too large for Google is folded into one that fits, the same each time', () => {
    expect(configOf({ seed: 2 ** 32 + 5 }).seed).toBe(5);
    expect(configOf({ seed: 3_000_000_000 }).seed).toBe(-1_294_967_296);
  });

  it('a ceiling above what the model can answer is lowered to it', () => {
    const { body } = geminiRequest(callOf({ maxTokens: 64_000 }), targetOf('gemini-2.0-flash'));
    expect(body.generationConfig).toEqual({ maxOutputTokens: 8_192 });
  });

  it('tools are declared with their JSON Schema, and without one where they take nothing', () => {
    const nothing = { name: 'ping', parameters: { type: 'object', properties: {}, additionalProperties: false } };
    expect(bodyOf({ tools: [weather, nothing] })).toMatchObject({
      tools: [
        {
          functionDeclarations: [
            { name: 'get_weather', description: 'Tells the weather.', parametersJsonSchema: weather.parameters },
            { name: 'ping' },
          ],
        },
      ],
    });
  });

  it.each([
    [{ kind: 'auto' }, { mode: 'AUTO' }],
    [{ kind: 'none' }, { mode: 'NONE' }],
    [{ kind: 'required' }, { mode: 'ANY' }],
    [
      { kind: 'tool', name: 'get_weather' },
      { mode: 'ANY', allowedFunctionNames: ['get_weather'] },
    ],
  ] as const)('the choice %o', (toolChoice, functionCallingConfig) => {
    expect(bodyOf({ tools: [weather], toolChoice }).toolConfig).toEqual({ functionCallingConfig });
  });

  it('a schema for the answer is given as JSON Schema', () => {
    const output = { kind: 'json-schema', name: 'answer', schema } as const;
    expect(configOf({ output })).toEqual({ responseMimeType: 'application/json', responseJsonSchema: schema });
    expect(configOf({ output: { kind: 'json' } })).toEqual({ responseMimeType: 'application/json' });
  });
});

describe('JSON answers beside tools', () => {
  const output = { kind: 'json-schema', name: 'answer', schema } as const;

  it('are held to by Gemini 3', () => {
    const { body, dropped } = geminiRequest(callOf({ tools: [weather], output }), targetOf('gemini-3.1-pro-preview'));
    expect(body.generationConfig).toMatchObject({ responseJsonSchema: schema });
    expect(dropped).toEqual([]);
  });

  it('are asked for in words of models that take only one of the two, which is named', () => {
    const { body, dropped } = geminiRequest(callOf({ tools: [weather], output }), targetOf('gemini-2.5-flash'));
    expect(body.generationConfig).toBeUndefined();
    expect(JSON.stringify(body.systemInstruction)).toContain('fits this JSON Schema');
    expect(dropped).toEqual(['response_format']);
  });

  it('win over tools that must not be called', () => {
    const { body, dropped } = geminiRequest(
      callOf({ tools: [weather], toolChoice: { kind: 'none' }, output }),
      targetOf('gemini-2.5-flash'),
    );
    expect(body).not.toHaveProperty('tools');
    expect(body.generationConfig).toMatchObject({ responseJsonSchema: schema });
    expect(dropped).toEqual([]);
  });

  it('are not asked for where a tool has to be called', () => {
    const call = callOf({ tools: [weather], toolChoice: { kind: 'required' }, output });
    const { body, dropped } = geminiRequest(call, targetOf('gemini-3.1-pro-preview'));
    expect(body.generationConfig).toBeUndefined();
    expect(dropped).toEqual([]);
  });
});

describe('what Gemini cannot honour is named as the caller wrote it', () => {
  it.each([
    [
      'chat',
      [
        'parallel_tool_calls',
        'n',
        'user',
        'service_tier',
        'frequency_penalty',
        'presence_penalty',
        'logprobs',
        'top_logprobs',
        'stop',
        'logit_bias',
      ],
    ],
    [
      'responses',
      [
        'parallel_tool_calls',
        'choices',
        'user',
        'service_tier',
        'frequencyPenalty',
        'presencePenalty',
        'include',
        'top_logprobs',
        'stop',
        'logit_bias',
      ],
    ],
    [
      'messages',
      [
        'tool_choice.disable_parallel_tool_use',
        'choices',
        'metadata.user_id',
        'service_tier',
        'frequencyPenalty',
        'presencePenalty',
        'logprobs',
        'topLogprobs',
        'stop_sequences',
        'logit_bias',
      ],
    ],
  ] as const)('in %s', (dialect, names) => {
    const call = callOf({
      dialect,
      tools: [weather],
      parallelToolCalls: false,
      choices: 2,
      user: 'u1',
      serviceTier: 'flex',
      frequencyPenalty: 0.5,
      presencePenalty: -0.5,
      logprobs: true,
      topLogprobs: 2,
      stop: ['1', '2', '3', '4', '5', '6'],
      extra: { logit_bias: {} },
    });
    const { body, dropped } = geminiRequest(call, targetOf('gemini-2.5-flash'));
    expect(dropped).toEqual(names);
    expect(body.generationConfig).toEqual({ stopSequences: ['1', '2', '3', '4', '5'] });
  });

  it('a value that is the default anyway is not', () => {
    const call = callOf({
      parallelToolCalls: true,
      choices: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      logprobs: false,
    });
    expect(geminiRequest(call, targetOf('gemini-2.5-flash')).dropped).toEqual([]);
  });

  it('a tool is kept to strictly where it must be called; elsewhere the caller hears that it may not be', () => {
    const droppedOf = (toolChoice?: ToolChoice) => {
      const call = callOf({ tools: [{ ...weather, strict: true }], ...(toolChoice && { toolChoice }) });
      return geminiRequest(call, targetOf('gemini-2.5-flash')).dropped;
    };
    expect([droppedOf(), droppedOf({ kind: 'auto' })]).toEqual([['tools.function.strict'], ['tools.function.strict']]);
    expect([droppedOf({ kind: 'required' }), droppedOf({ kind: 'tool', name: 'get_weather' })]).toEqual([[], []]);
  });

  it('penalties and log probabilities go to the models that know them', () => {
    const asked = { frequencyPenalty: 0.5, presencePenalty: 0.25, logprobs: true, topLogprobs: 3 };
    const { body, dropped } = geminiRequest(callOf(asked), targetOf('gemini-2.0-flash'));
    expect(dropped).toEqual([]);
    expect(body.generationConfig).toEqual({
      frequencyPenalty: 0.5,
      presencePenalty: 0.25,
      responseLogprobs: true,
      logprobs: 3,
    });
  });

  it.each(['gemini-3.6-flash', 'gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-4-pro', 'gemini-flash-latest'])(
    '%s samples as it likes',
    (model) => {
      const { body, dropped } = geminiRequest(callOf({ temperature: 0.2, topP: 0.5, topK: 3 }), targetOf(model));
      expect(body).not.toHaveProperty('generationConfig');
      expect(dropped).toEqual(['temperature', 'top_p', 'top_k']);
    },
  );
});

describe('reasoning', () => {
  it.each([
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { effort: 'minimal' }, { thinkingBudget: 1_024 }],
    ['gemini-2.5-flash', { effort: 'max' }, { thinkingBudget: 24_576 }],
    ['gemini-2.5-flash', { budgetTokens: 50_000 }, { thinkingBudget: 24_576 }],
    ['gemini-2.5-flash-lite', { budgetTokens: 100 }, { thinkingBudget: 512 }],
    ['gemini-2.5-flash-lite', { effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', { effort: 'none' }, { thinkingBudget: 128 }],
    ['gemini-2.5-pro', { effort: 'medium', visible: true }, { thinkingBudget: 8_192, includeThoughts: true }],
    ['gemini-2.5-pro', { effort: 'xhigh' }, { thinkingBudget: 32_768 }],
    ['gemini-2.5-pro', { visible: true }, { includeThoughts: true }],
    ['gemini-3-flash-preview', { effort: 'none' }, { thinkingLevel: 'MINIMAL' }],
    ['gemini-3.5-flash-lite', { effort: 'minimal' }, { thinkingLevel: 'MINIMAL' }],
    ['gemini-3.7-flash', { effort: 'minimal' }, { thinkingLevel: 'LOW' }],
    ['gemini-3.8-flash', { effort: 'medium' }, { thinkingLevel: 'MEDIUM' }],
    ['gemini-3-pro-preview', { effort: 'medium' }, { thinkingLevel: 'HIGH' }],
    ['gemini-3.1-pro-preview', { effort: 'medium' }, { thinkingLevel: 'MEDIUM' }],
    ['gemini-3.1-pro-preview', { effort: 'none' }, { thinkingLevel: 'LOW' }],
    ['gemini-3.1-pro-preview', { effort: 'max', budgetTokens: 10 }, { thinkingLevel: 'HIGH' }],
    ['gemini-3.10-flash', { budgetTokens: 2_048 }, { thinkingLevel: 'LOW' }],
    ['gemini-4-pro', { budgetTokens: 10_000 }, { thinkingLevel: 'MEDIUM' }],
    ['gemini-pro-latest', { budgetTokens: 32_000 }, { thinkingLevel: 'HIGH' }],
  ] as const)('%s given %o', (model, reasoning, thinkingConfig) => {
    expect(configOf({ reasoning }, model)).toEqual({ thinkingConfig });
  });

  it.each(['gemini-2.0-flash', 'gemini-1.5-pro', 'gemini-pro', 'gemini-2.5-flash-image', 'gemma-3-27b-it'])(
    '%s does not think, and says so',
    (model) => {
      const { body, dropped } = geminiRequest(callOf({ reasoning: { effort: 'high' } }), targetOf(model));
      expect(body).not.toHaveProperty('generationConfig');
      expect(dropped).toEqual(['reasoning_effort']);
    },
  );

  it('asking a model that does not think for no thoughts is granted', () => {
    const call = callOf({ reasoning: { effort: 'none' } });
    expect(geminiRequest(call, targetOf('gemini-2.0-flash')).dropped).toEqual([]);
  });
});

function callOf(asked: Partial<NeutralCall>): NeutralCall {
  return {
    dialect: 'chat',
    model: 'gemini',
    stream: false,
    streamUsage: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }],
    tools: [],
    output: { kind: 'text' },
    stop: [],
    extra: {},
    onlyNative: [],
    ...asked,
  };
}

function targetOf(model: string) {
  return {
    kind: 'gemini' as const,
    provider: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com',
    apiKey: 'the-key',
    model,
  };
}

function bodyOf(asked: Partial<NeutralCall>, model = 'gemini-2.5-flash'): JsonObject {
  return geminiRequest(callOf(asked), targetOf(model)).body;
}

function configOf(asked: Partial<NeutralCall>, model = 'gemini-2.5-flash'): JsonObject {
  return (bodyOf(asked, model).generationConfig ?? {}) as JsonObject;
}
