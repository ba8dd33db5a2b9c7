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

function refuse(request: RecordedRequest, apiKey: string): { status: number; body: unknown } | undefined {
  if (request.headers.authorization !== `Bearer ${apiKey}`)
    return {
      status: 401,
      body: error(`Incorrect API key provided: ${String(request.headers.authorization)}`, 'invalid_api_key'),
    };
  if (hasHalfCharacter(request))
    return { status: 400, body: error('We could not parse the JSON body of your request.', null) };
  const fault = isResponses(request) || isEmbeddings(request) ? undefined : chatFault(request.json);
  return fault === undefined ? undefined : { status: 400, body: error(fault[0], null, fault[1]) };
}

/** What OpenAI refuses, as far as a translation could get it wrong. */
const chatFields = new Set(
  'model messages metadata store max_tokens max_completion_tokens temperature top_p n stop seed tools tool_choice parallel_tool_calls response_format stream stream_options user safety_identifier prompt_cache_key service_tier reasoning_effort verbosity frequency_penalty presence_penalty logit_bias logprobs top_logprobs modalities audio prediction web_search_options functions function_call'.split(
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
  if (maxTokens !== undefined && /^(o\d|gpt-5)/.test(model))
    return [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
    ];
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
  [/^gpt-5/, 128_000],
];

const efforts: readonly (readonly [RegExp, string[]])[] = [
  [/^o\d/, ['low', 'medium', 'high']],
  [/^gpt-5(?!\.)/, ['minimal', 'low', 'medium', 'high']],
  [/^gpt-5\.1/, ['none', 'low', 'medium', 'high']],
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
  const known = efforts.find(([pattern]) => pattern.test(model))?.[1];
  if (typeof body.reasoning_effort === 'string' && known !== undefined && !known.includes(body.reasoning_effort))
    return [`Unsupported value: 'reasoning_effort' does not support '${body.reasoning_effort}'.`, 'reasoning_effort'];
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
    status: script.finish === 'length' ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: script.finish === 'length' ? { reason: 'max_output_tokens' } : null,
    model: request.json.model,
    output: items(request, script),
    parallel_tool_calls: true,
    tools: [],
    tool_choice: 'auto',
    text: { format: { type: 'text' } },
    usage: figures && {
      input_tokens: figures.input,
      input_tokens_details: { cached_tokens: figures.cached ?? 0 },
      output_tokens: figures.output,
      output_tokens_details: { reasoning_tokens: figures.reasoning ?? 0 },
      total_tokens: figures.input + figures.output,
    },
  };
}

function items(request: RecordedRequest, script: Script): Json[] {
  return [
    ...(script.text === undefined
      ? []
      : [
          {
            id: `msg_fake_${numberOf(request)}`,
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: script.text, annotations: [], logprobs: [] }],
          },
        ]),
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
      const part = (item.content as Json[])[0] ?? {};
      return [
        event('response.output_item.added', {
          output_index: index,
          item: { ...item, status: 'in_progress', content: [] },
        }),
        event('response.content_part.added', { ...at, content_index: 0, part: { ...part, text: '' } }),
        ...piecesOf(String(part.text), script.chunks).map((delta) =>
          event('response.output_text.delta', { ...at, content_index: 0, delta, logprobs: [] }),
        ),
        event('response.output_text.done', { ...at, content_index: 0, text: part.text, logprobs: [] }),
        event('response.content_part.done', { ...at, content_index: 0, part }),
        event('response.output_item.done', { output_index: index, item }),
      ];
    }),
    event(whole.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: whole }),
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
