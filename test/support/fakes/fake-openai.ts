import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import { frame, type Vendor } from './fake-server.ts';
import {
  hasHalfCharacter,
  numberOf,
  piecesOf,
  type RecordedRequest,
  type Script,
  type ScriptUsage,
  usageOf,
} from './script.ts';

type Json = Record<string, unknown>;
const created = 1_795_500_000;

export function fakeOpenAi(apiKey: string): Vendor {
  return {
    refuse: (request) => refuse(request, apiKey),
    prompt,
    defaultScript,
    plain: (request, script) =>
      isResponses(request)
        ? response(request, script)
        : isEmbeddings(request)
          ? embeddings(request)
          : completion(request, script),
    stream: (request, script) =>
      request.json.stream !== true
        ? undefined
        : isResponses(request)
          ? responseEvents(request, script)
          : chunks(request, script),
    errorBody: (status) =>
      error(`The fake was told to answer ${status}.`, status === 429 ? 'rate_limit_exceeded' : null),
    errorEvent: () => frame(error('The server had an error while processing your request.', null)),
    bill: (request, script) => ({ model: String(request.json.model), ...billed(usageOf(script, prompt(request))) }),
  };
}

function billed(usage: ReturnType<typeof usageOf>): { input: number; output: number } {
  return usage === undefined || 'raw' in usage ? { input: 0, output: 0 } : { input: usage.input, output: usage.output };
}

function error(message: string, code: string | null, param: string | null = null): Json {
  return { error: { message, type: 'invalid_request_error', param, code } };
}

function isResponses({ path }: RecordedRequest): boolean {
  return path.endsWith('/responses');
}

function isEmbeddings({ path }: RecordedRequest): boolean {
  return path.endsWith('/embeddings');
}

/** OpenAI's description has "anyOf … null" for what a caller may leave out: LlamaIndex sends all of it. A null field is an absent one. */
function withoutNulls(body: Json): Json {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function refuse(request: RecordedRequest, apiKey: string): { status: number; body: unknown } | undefined {
  if (request.headers.authorization !== `Bearer ${apiKey}`)
    return {
      status: 401,
      body: error(`Incorrect API key provided: ${String(request.headers.authorization)}`, 'invalid_api_key'),
    };
  if (hasHalfCharacter(request))
    return { status: 400, body: error('We could not parse the JSON body of your request.', null) };
  const elsewhere = isResponses(request) || isEmbeddings(request) ? undefined : onlyInResponses(request.json);
  if (elsewhere !== undefined) return { status: 404, body: error(elsewhere, null, 'model') };
  const fault = isEmbeddings(request)
    ? undefined
    : isResponses(request)
      ? responsesFault(withoutNulls(request.json))
      : chatFault(withoutNulls(request.json));
  return fault === undefined ? undefined : { status: 400, body: error(fault[0], null, fault[1]) };
}

/**
 * The parameters of each family, written a second time and independently, so that the gateway's table is compared with something:
 * - effort words as measured model by model in github.com/enricoros/big-AGI/issues/944 and 1159, and of gpt-6-astra in
 *   github.com/BerriAI/litellm-docs/pull/1173 ("OpenAI rejects `none` and `minimal` on it, and accepts `max` only on the
 *   Responses API"); gpt-5-pro: "Unsupported value: 'medium' is not supported with the 'gpt-5-pro' model. Supported values are:
 *   'high'." (github.com/anomalyco/models.dev/pull/331).
 * - `unasked`: what they do without a word, which decides on `temperature`: "gpt-5.1, gpt-5.2, gpt-5.4: accepted; gpt-5.5, gpt-5.6:
 *   400; with reasoning_effort none: accepted" (github.com/UKGovernmentBEIS/inspect_ai/pull/5242).
 */
interface Family {
  efforts: readonly string[];
  unasked: string;
}

const families: readonly (readonly [RegExp, Family])[] = [
  [/^gpt-5-pro/, { efforts: ['high'], unasked: 'high' }],
  [/^gpt-[56].*-pro/, { efforts: ['medium', 'high', 'xhigh'], unasked: 'medium' }],
  [/^gpt-5-chat/, { efforts: [], unasked: 'none' }],
  [/^gpt-.*chat/, { efforts: ['medium'], unasked: 'medium' }],
  [/deep-research/, { efforts: ['medium'], unasked: 'medium' }],
  [/^(o\d|codex)/, { efforts: ['low', 'medium', 'high'], unasked: 'medium' }],
  [/^gpt-5(\.1)?-codex(?!-max)/, { efforts: ['low', 'medium', 'high'], unasked: 'medium' }],
  [/codex/, { efforts: ['low', 'medium', 'high', 'xhigh'], unasked: 'medium' }],
  [/^gpt-5(?!\.)/, { efforts: ['minimal', 'low', 'medium', 'high'], unasked: 'medium' }],
  [/^gpt-5\.1/, { efforts: ['none', 'low', 'medium', 'high'], unasked: 'none' }],
  [/^gpt-5\.[234]/, { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], unasked: 'none' }],
  [/^gpt-5\.5/, { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], unasked: 'medium' }],
  [/^gpt-[\d.]+-astra/, { efforts: ['low', 'medium', 'high', 'xhigh', 'max'], unasked: 'medium' }],
  [/^gpt-(5\.[6-9]|[6-9])/, { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], unasked: 'medium' }],
];

function familyOf(model: string): Family | undefined {
  const family = families.find(([pattern]) => pattern.test(model))?.[1];
  return family?.efforts.length === 0 ? undefined : family;
}

/** Real 404, of codex-mini-latest, gpt-5-codex and o3-pro alike (github.com/aaif-goose/goose/issues/2564). */
function onlyInResponses({ model }: Json): string | undefined {
  return /-pro(-|$)|codex|deep-research/.test(String(model))
    ? 'This model is only supported in v1/responses and not in v1/chat/completions.'
    : undefined;
}

/** Rules both endpoints have, of the model and the effort the call comes to. */
function modelFault(body: Json, { effort, param }: { effort: unknown; param: string }): [string, string] | undefined {
  const model = String(body.model);
  const family = familyOf(model);
  if (effort !== undefined) {
    // github.com/openai/codex/issues and others: "Unrecognized request argument supplied: reasoning_effort" in chat.
    if (family === undefined)
      return [
        param === 'reasoning_effort'
          ? `Unrecognized request argument supplied: ${param}`
          : `Unsupported parameter: '${param}' is not supported with this model.`,
        param,
      ];
    const words = param === 'reasoning_effort' ? family.efforts.filter((word) => word !== 'max') : family.efforts;
    if (!words.includes(String(effort)))
      return [`Unsupported value: '${param}' does not support '${effort}' with this model.`, param];
  }
  const thinks = family !== undefined && (effort ?? family.unasked) !== 'none';
  const usual: Json = { temperature: 1, top_p: 1, logprobs: false, top_logprobs: 0 };
  for (const [field, value] of Object.entries(usual))
    if (body[field] !== undefined && body[field] !== value && thinks)
      return [`Unsupported parameter: '${field}' is not supported with this model.`, field];
  return undefined;
}

const responsesFields = new Set(
  'model input instructions metadata store max_output_tokens max_tool_calls temperature top_p top_logprobs tools tool_choice parallel_tool_calls text stream stream_options user safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options client_metadata service_tier reasoning include truncation previous_response_id conversation prompt background context_management'.split(
    ' ',
  ),
);
const itemKinds = new Set(
  'message reasoning function_call function_call_output custom_tool_call custom_tool_call_output additional_tools item_reference'.split(
    ' ',
  ),
);

/** Requests that `/v1/responses` refuses, as far as a translation could get them wrong; shapes by the `openai` package's types. */
function responsesFault(body: Json): [string, string] | undefined {
  const { input, model } = body;
  const odd = Object.keys(body).find((name) => !responsesFields.has(name));
  if (odd !== undefined) return [`Unknown parameter: '${odd}'.`, odd];
  if (typeof body.user === 'string' && body.user.length > 64) return ["Invalid 'user': string too long.", 'user'];
  const most = answerTokens.find(([pattern]) => pattern.test(String(model)))?.[1] ?? Number.POSITIVE_INFINITY;
  const asked = body.max_output_tokens as number | undefined;
  if (asked !== undefined && asked < 16)
    return [
      "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
      'max_output_tokens',
    ];
  if (asked !== undefined && asked > most)
    return [`max_output_tokens is too large: ${asked}. This model supports at most ${most}.`, 'max_output_tokens'];
  const reasoning = body.reasoning as { effort?: unknown; summary?: unknown } | undefined;
  const fault = modelFault(body, { effort: reasoning?.effort, param: 'reasoning.effort' });
  if (fault !== undefined) return fault;
  const reasons = familyOf(String(model)) !== undefined;
  if (reasoning?.summary !== undefined && !reasons)
    return ["Unsupported parameter: 'reasoning.summary' is not supported with this model.", 'reasoning.summary'];
  if ((body.include as unknown[] | undefined)?.includes('reasoning.encrypted_content') && !reasons)
    return ['Encrypted content is not supported with this model.', 'include'];
  const text = body.text as { verbosity?: string; format?: Json } | undefined;
  if (text?.verbosity !== undefined && text.verbosity !== 'medium' && !reasons)
    return [`Unsupported value: '${text.verbosity}' is not supported with this model.`, 'text.verbosity'];
  if (text?.format?.type === 'json_schema' && typeof text.format.name !== 'string')
    return ["Missing required parameter: 'text.format.name'.", 'text.format.name'];
  for (const [i, tool] of ((body.tools ?? []) as Json[]).entries())
    if (tool.type === 'function' && typeof tool.name !== 'string')
      return [`Missing required parameter: 'tools[${i}].name'.`, `tools[${i}].name`];
  return typeof input === 'string' ? undefined : inputFault(input, reasons);
}

function inputFault(input: unknown, reasons: boolean): [string, string] | undefined {
  if (!Array.isArray(input)) return ["Missing required parameter: 'input'.", 'input'];
  const open = new Set<string>();
  for (const [i, item] of (input as Json[]).entries()) {
    const type = String(item.type ?? 'message');
    if (!itemKinds.has(type)) return [`Invalid value: '${type}'.`, `input[${i}].type`];
    if (type === 'reasoning' && !reasons)
      return ['Reasoning input items can only be provided to a reasoning or computer use model.', 'input'];
    if (type === 'reasoning' && (input as Json[])[i + 1] === undefined)
      return ["Item of type 'reasoning' was provided without its required following item.", 'input'];
    if (type === 'message') {
      const kinds = item.role === 'assistant' ? /^(output_text|refusal)$/ : /^input_(text|image|file)$/;
      const parts = typeof item.content === 'string' ? [] : ((item.content ?? []) as Json[]);
      const wrong = parts.find((part) => !kinds.test(String(part.type)));
      if (wrong !== undefined) return [`Invalid value: '${wrong.type}'.`, `input[${i}].content[0]`];
    }
    if (type === 'function_call' || type === 'custom_tool_call') open.add(String(item.call_id));
    if (/^(function|custom_tool)_call_output$/.test(type) && !open.delete(String(item.call_id)))
      return [`No tool call found for function call output with call_id ${item.call_id}.`, 'input'];
  }
  const [left] = open;
  return left === undefined ? undefined : [`No tool output found for function call ${left}.`, 'input'];
}

/** Requests that OpenAI refuses, as far as a translation could get them wrong. */
const chatFields = new Set(
  'model messages metadata store max_tokens max_completion_tokens temperature top_p n stop seed tools tool_choice parallel_tool_calls response_format stream stream_options user safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options service_tier reasoning_effort verbosity frequency_penalty presence_penalty logit_bias logprobs top_logprobs modalities audio prediction web_search_options functions function_call'.split(
    ' ',
  ),
);

function chatFault(body: Json): [string, string] | undefined {
  const { messages, model, metadata, store, max_tokens: maxTokens } = body;
  const odd = Object.keys(body).find((name) => !chatFields.has(name));
  if (odd !== undefined) return [`Unrecognized request argument supplied: ${odd}`, odd];
  if (body.stream_options !== undefined && body.stream !== true)
    return ["The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options'];
  if (typeof model !== 'string') return ['you must provide a model parameter', 'model'];
  if (metadata !== undefined && store !== true)
    return ["The 'metadata' parameter is only allowed when 'store' is enabled.", 'metadata'];
  if (maxTokens !== undefined && (familyOf(model) !== undefined || /^gpt-5/.test(model)))
    return [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
    ];
  if (maxTokens !== undefined && body.max_completion_tokens !== undefined)
    return ["Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens'];
  const settings = settingFault(body, model);
  if (settings !== undefined) return settings;
  if (!Array.isArray(messages) || messages.length === 0) return ["Invalid type for 'messages'", 'messages'];
  const open = new Set<string>();
  for (const [i, message] of (messages as Json[]).entries()) {
    if (message.role === 'tool') {
      if (!open.delete(String(message.tool_call_id)))
        return [
          "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${i}].role`,
        ];
      continue;
    }
    if (open.size > 0)
      return [
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
        `messages.[${i}].role`,
      ];
    const calls = (message.tool_calls ?? []) as Json[];
    const odd = calls.find((call) => !/^[a-zA-Z0-9_-]{1,64}$/.test(String((call.function as Json | undefined)?.name)));
    if (odd !== undefined)
      return [
        `Invalid 'messages[${i}].tool_calls[0].function.name': string does not match pattern.`,
        `messages[${i}].tool_calls[0].function.name`,
      ];
    if (calls.some(({ id }) => String(id).length > 40))
      return [
        `Invalid 'messages[${i}].tool_calls[0].id': string too long. Expected a string with maximum length 40.`,
        `messages[${i}].tool_calls[0].id`,
      ];
    if (message.role !== 'assistant' && (message.content === null || message.content === undefined))
      return ["Invalid value for 'content': expected a string, got null.", `messages.[${i}].content`];
    for (const call of calls) open.add(String(call.id));
  }
  return undefined;
}

/** The most tokens of answer of the models the tests use, by the vendor's page of models. */
const answerTokens: readonly (readonly [RegExp, number])[] = [
  [/^gpt-4o/, 16_384],
  [/^o\d/, 100_000],
  [/^gpt-[56]/, 128_000],
];

function settingFault(body: Json, model: string): [string, string] | undefined {
  for (const field of ['max_tokens', 'max_completion_tokens']) {
    const most = answerTokens.find(([pattern]) => pattern.test(model))?.[1] ?? Number.POSITIVE_INFINITY;
    if (Number(body[field] ?? 0) > most)
      return [`${field} is too large: ${body[field]}. This model supports at most ${most} completion tokens.`, field];
  }
  if (typeof body.user === 'string' && body.user.length > 64)
    return ["Invalid 'user': string too long. Expected a string with maximum length 64.", 'user'];
  if (body.parallel_tool_calls !== undefined && /^o\d/.test(model))
    return ["Unsupported parameter: 'parallel_tool_calls' is not supported with this model.", 'parallel_tool_calls'];
  const fault = modelFault(body, { effort: body.reasoning_effort, param: 'reasoning_effort' });
  if (fault !== undefined) return fault;
  const family = familyOf(model);
  if (family !== undefined)
    for (const [field, usual] of [
      ['stop', undefined],
      ['logit_bias', undefined],
      ['presence_penalty', 0],
      ['frequency_penalty', 0],
      ['prediction', undefined],
    ] as const)
      if (body[field] !== undefined && body[field] !== usual)
        return [`Unsupported parameter: '${field}' is not supported with this model.`, field];
  if (body.web_search_options !== undefined && !/search/.test(model))
    return ['Web search options not supported with this model.', 'web_search_options'];
  if (/search-(api|preview)/.test(model))
    for (const field of ['temperature', 'top_p', 'n', 'seed', 'stop', 'presence_penalty', 'frequency_penalty'])
      if (body[field] !== undefined) return [`Model incompatible request argument supplied: ${field}`, field];
  // Verbatim, of gpt-5.6-terra (github.com/GoogleChromeLabs/webmcp-tools/issues/417); "gpt-5.6 applies a default reasoning effort,
  // so the raw OpenAI API rejects tools even when the request sets no reasoning_effort" (github.com/BerriAI/litellm/pull/34569).
  if (
    family !== undefined &&
    /^gpt-(5\.[4-9]|[6-9])(?!.*chat)/.test(model) &&
    Array.isArray(body.tools) &&
    body.tools.length > 0 &&
    (body.reasoning_effort ?? family.unasked) !== 'none'
  )
    return [
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
      'reasoning_effort',
    ];
  for (const [i, tool] of ((body.tools ?? []) as Json[]).entries()) {
    const name = String((tool.function as Json | undefined)?.name);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      return [
        name.length > 64
          ? `Invalid 'tools[${i}].function.name': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`
          : `Invalid 'tools[${i}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        `tools[${i}].function.name`,
      ];
    const parameters = (tool.function as Json | undefined)?.parameters as Json | undefined;
    if (parameters?.type === 'object' && parameters.properties === undefined)
      return [
        `Invalid schema for function '${(tool.function as Json).name}': object schema missing properties.`,
        `tools[${i}].function.parameters`,
      ];
  }
  return undefined;
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? (content as Json[]).map((part) => (typeof part.text === 'string' ? part.text : '')).join('')
    : '';
}

function prompt({ json }: RecordedRequest): string {
  if (typeof json.input === 'string') return json.input;
  const list = (json.messages ?? json.input ?? []) as Json[];
  return textIn((Array.isArray(list) ? list : []).findLast((message) => message.role === 'user')?.content);
}

function defaultScript(request: RecordedRequest): Script {
  const {
    tools,
    tool_choice: choice,
    response_format: format,
    text,
  } = request.json as { tools?: Json[]; tool_choice?: Json | string; response_format?: Json; text?: Json };
  const forced =
    typeof choice === 'object'
      ? ((choice.function as Json | undefined)?.name ?? choice.name)
      : choice === 'required'
        ? ((tools?.[0]?.function as Json | undefined)?.name ?? tools?.[0]?.name)
        : undefined;
  if (typeof forced === 'string') return { toolCalls: [{ name: forced, arguments: { city: 'Paris' } }] };
  if (format?.type === 'json_schema' || (text?.format as Json | undefined)?.type === 'json_schema')
    return { text: '{"city":"Paris"}' };
  return { text: `You said: ${prompt(request)}` };
}

function writeUsage(usage: ScriptUsage | { raw: unknown }): unknown {
  if ('raw' in usage) return usage.raw;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning ?? 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function finishOf(script: Script): ChatCompletion.Choice['finish_reason'] {
  if (script.finish === 'content-filter') return 'content_filter';
  if (script.finish !== undefined && script.finish !== 'tool-calls') return script.finish;
  return script.toolCalls === undefined ? 'stop' : 'tool_calls';
}

const calls = (script: Script) =>
  (script.toolCalls ?? []).map((call, i) => ({
    id: call.id ?? `call_${i}`,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));

function completion(request: RecordedRequest, script: Script): unknown {
  const usage = usageOf(script, prompt(request));
  const answer: ChatCompletion = {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created,
    model: String(request.json.model),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: script.text ?? null,
          refusal: script.refusal ?? null,
          ...(script.toolCalls === undefined ? {} : { tool_calls: calls(script) }),
        },
        logprobs: null,
        finish_reason: finishOf(script),
      },
    ],
  };
  // As DeepSeek and vLLM have it; OpenAI itself shows no reasoning here.
  const message = answer.choices[0]?.message;
  if (script.reasoning !== undefined && message !== undefined)
    Object.assign(message, { reasoning_content: script.reasoning });
  return usage === undefined ? answer : { ...answer, usage: writeUsage(usage) };
}

function chunks(request: RecordedRequest, script: Script): string[] {
  const wantsUsage = (request.json.stream_options as Json | undefined)?.include_usage === true;
  const head = {
    id: 'chatcmpl-fake',
    object: 'chat.completion.chunk' as const,
    created,
    model: String(request.json.model),
  };
  const chunk = (
    delta: ChatCompletionChunk.Choice.Delta & { reasoning_content?: string },
    finish: ChatCompletionChunk.Choice['finish_reason'] = null,
  ): string => {
    const value: ChatCompletionChunk = {
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    };
    return frame(wantsUsage ? { ...value, usage: null } : value);
  };
  const usage = usageOf(script, prompt(request));
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...(script.reasoning === undefined
      ? []
      : piecesOf(script.reasoning).map((text) => chunk({ reasoning_content: text }))),
    ...(script.text === undefined ? [] : piecesOf(script.text, script.chunks).map((content) => chunk({ content }))),
    ...(script.refusal === undefined ? [] : piecesOf(script.refusal).map((refusal) => chunk({ refusal }))),
    ...calls(script).flatMap((call, index) => [
      chunk({
        tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.function.name, arguments: '' } }],
      }),
      ...piecesOf(call.function.arguments, 3).map((text) =>
        chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
      ),
    ]),
    chunk({}, finishOf(script)),
    ...(wantsUsage && usage !== undefined ? [frame({ ...head, choices: [], usage: writeUsage(usage) })] : []),
    frame('[DONE]'),
  ];
}

function response(request: RecordedRequest, script: Script): Json {
  const usage = usageOf(script, prompt(request));
  const figures = usage === undefined || 'raw' in usage ? null : usage;
  return {
    id: `resp_fake_${numberOf(request)}`,
    object: 'response',
    created_at: created,
    status: isCut(script) ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: isCut(script)
      ? { reason: script.finish === 'length' ? 'max_output_tokens' : 'content_filter' }
      : null,
    model: request.json.model,
    output: items(request, script),
    parallel_tool_calls: true,
    tools: [],
    tool_choice: 'auto',
    text: { format: { type: 'text' } },
    usage: figures && {
      input_tokens: figures.input,
      input_tokens_details: { cached_tokens: figures.cached ?? 0, cache_write_tokens: figures.cacheWrite ?? 0 },
      output_tokens: figures.output,
      output_tokens_details: { reasoning_tokens: figures.reasoning ?? 0 },
      total_tokens: figures.input + figures.output,
    },
  };
}

function isCut({ finish }: Script): boolean {
  return finish === 'length' || finish === 'content-filter';
}

function items(request: RecordedRequest, script: Script): Json[] {
  const content = [
    ...(script.text === undefined ? [] : [{ type: 'output_text', text: script.text, annotations: [], logprobs: [] }]),
    ...(script.refusal === undefined ? [] : [{ type: 'refusal', refusal: script.refusal }]),
  ];
  const thought = {
    id: `rs_fake_${numberOf(request)}`,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: script.reasoning }],
    ...(script.reasoningSignature === undefined ? {} : { encrypted_content: script.reasoningSignature }),
  };
  const message = {
    id: `msg_fake_${numberOf(request)}`,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content,
  };
  return [
    ...(script.reasoning === undefined ? [] : [thought]),
    ...(content.length === 0 ? [] : [message]),
    ...calls(script).map((call, i) => ({
      id: `fc_${i}`,
      type: 'function_call',
      status: 'completed',
      call_id: call.id,
      name: call.function.name,
      arguments: call.function.arguments,
    })),
  ];
}

function responseEvents(request: RecordedRequest, script: Script): string[] {
  let sequence = 0;
  const event = (type: string, fields: Json): string => frame({ type, sequence_number: sequence++, ...fields }, type);
  const whole = response(request, script);
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  return [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
    ...items(request, script).flatMap((item, index) => {
      const at = { item_id: item.id, output_index: index };
      if (item.type === 'function_call') {
        return [
          event('response.output_item.added', {
            output_index: index,
            item: { ...item, status: 'in_progress', arguments: '' },
          }),
          ...piecesOf(String(item.arguments), 3).map((delta) =>
            event('response.function_call_arguments.delta', { ...at, delta }),
          ),
          event('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments }),
          event('response.output_item.done', { output_index: index, item }),
        ];
      }
      const opened = event('response.output_item.added', {
        output_index: index,
        item: { ...item, status: 'in_progress', ...(item.type === 'reasoning' ? { summary: [] } : { content: [] }) },
      });
      const closed = (): string => event('response.output_item.done', { output_index: index, item });
      if (item.type === 'reasoning')
        return [
          opened,
          ...((item.summary ?? []) as Json[]).flatMap((part, summary_index) => [
            event('response.reasoning_summary_part.added', { ...at, summary_index, part: { ...part, text: '' } }),
            ...piecesOf(String(part.text)).map((delta) =>
              event('response.reasoning_summary_text.delta', { ...at, summary_index, delta }),
            ),
            event('response.reasoning_summary_text.done', { ...at, summary_index, text: part.text }),
            event('response.reasoning_summary_part.done', { ...at, summary_index, part }),
          ]),
          closed(),
        ];
      return [
        opened,
        ...((item.content ?? []) as Json[]).flatMap((part, content_index) =>
          partEvents(event, { ...at, content_index }, part, script.chunks),
        ),
        closed(),
      ];
    }),
    event(whole.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: whole }),
  ];
}

function partEvents(
  event: (type: string, fields: Json) => string,
  at: Json,
  part: Json,
  chunks: number | undefined,
): string[] {
  if (part.type === 'refusal')
    return [
      event('response.content_part.added', { ...at, part: { ...part, refusal: '' } }),
      ...piecesOf(String(part.refusal)).map((delta) => event('response.refusal.delta', { ...at, delta })),
      event('response.refusal.done', { ...at, refusal: part.refusal }),
      event('response.content_part.done', { ...at, part }),
    ];
  return [
    event('response.content_part.added', { ...at, part: { ...part, text: '' } }),
    ...piecesOf(String(part.text), chunks).map((delta) =>
      event('response.output_text.delta', { ...at, delta, logprobs: [] }),
    ),
    event('response.output_text.done', { ...at, text: part.text, logprobs: [] }),
    event('response.content_part.done', { ...at, part }),
  ];
}

function embeddings({ json }: RecordedRequest): Json {
  const list = Array.isArray(json.input) ? json.input : [json.input];
  const data = list.map((_, index) => {
    const vector = [0.25, -0.5, index];
    return {
      object: 'embedding',
      index,
      embedding:
        json.encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector,
    };
  });
  return { object: 'list', data, model: json.model, usage: { prompt_tokens: 8, total_tokens: 8 } };
}
