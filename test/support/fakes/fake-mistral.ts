import { frame, type Vendor } from './fake-server.ts';
import { hasHalfCharacter, numberOf, piecesOf, type RecordedRequest, type Script, usageOf } from './script.ts';

type Json = Record<string, unknown>;
type Refusal = { status: number; body: unknown };

/**
 * Mistral's API as its sources have it:
 * - fields and types: `openapi.yaml` of github.com/mistralai/platform-docs-public (2026-08-21), where every object of a request says
 *   `additionalProperties: false`;
 * - the order of messages, ids and names of tools: `protocol/instruct/validator.py` of github.com/mistralai/mistral-common;
 * - errors: https://docs.mistral.ai/resources/error-glossary and bodies that people reported, each beside its rule.
 */
export function fakeMistral(apiKey: string): Vendor {
  return {
    refuse: (request) => refuse(request, apiKey),
    prompt,
    defaultScript,
    plain: (request, script) => (isEmbeddings(request) ? embeddings(request) : completion(request, script)),
    stream: (request, script) =>
      request.json.stream === true && !isEmbeddings(request) ? chunks(request, script) : undefined,
    errorBody: (status) =>
      status === 429
        ? // github.com/raycast/extensions/issues/31107
          { ...error('Rate limit exceeded', 'rate_limited', '1300'), raw_status_code: 429 }
        : status === 401
          ? unauthorized
          : error(`The fake was told to answer ${status}.`, 'internal_server_error', '3000'),
    errorEvent: () =>
      frame({
        ...error('Service tier capacity exceeded for this model.', 'service_tier_capacity_exceeded', '3505'),
        raw_status_code: 429,
      }),
    bill: (request, script) => {
      const usage = usageOf(script, prompt(request));
      return {
        model: String(request.json.model),
        ...(usage === undefined || 'raw' in usage
          ? { input: 0, output: 0 }
          : { input: usage.input, output: usage.output }),
      };
    },
  };
}

const unauthorized = { detail: 'Unauthorized' };

function error(message: string, type = 'invalid_request_error', code: string | null = null): Json {
  return { object: 'error', message, type, param: null, code };
}

/** The shape of a 422 (github.com/editor-code-assistant/eca/issues/231). */
function invalid(loc: readonly (string | number)[], type: string, msg: string, input: unknown): Refusal {
  const detail = [{ type, loc: ['body', ...loc], msg, input }];
  return { status: 422, body: { ...error(''), message: { detail } } };
}

function isEmbeddings({ path }: RecordedRequest): boolean {
  return path.endsWith('/embeddings');
}

function refuse(request: RecordedRequest, apiKey: string): Refusal | undefined {
  if (request.headers.authorization !== `Bearer ${apiKey}`) return { status: 401, body: unauthorized };
  if (request.method === 'GET') return undefined;
  if (!/^\/v1\/(chat\/completions|embeddings)$/.test(request.path))
    return { status: 404, body: { message: 'no Route matched with those values' } };
  if (hasHalfCharacter(request)) return { status: 400, body: error('Invalid JSON in the body of the request') };
  if (typeof request.json.model !== 'string') return invalid(['model'], 'missing', 'Field required', request.json);
  // github.com/BerriAI/litellm and others: "Invalid model: …" with code 1500.
  if (
    !/^(m$|mistral|ministral|magistral|codestral|devstral|pixtral|voxtral|mixtral|open-|labs-)/.test(request.json.model)
  )
    return { status: 400, body: error(`Invalid model: ${request.json.model}`, 'invalid_model', '1500') };
  return isEmbeddings(request) ? embeddingFault(request.json) : chatFault(request.json);
}

const chatFields = words(
  'model temperature top_p max_tokens stream stop random_seed metadata messages response_format tools tool_choice presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort guardrails prompt_cache_key safe_prompt',
);
const embeddingFields = words('model metadata input output_dimension output_dtype encoding_format');

const messageFields: Readonly<Record<string, ReadonlySet<string>>> = {
  system: words('role content'),
  user: words('role content'),
  assistant: words('role content tool_calls prefix'),
  tool: words('role content tool_call_id name'),
};

const chunkFields: Readonly<Record<string, ReadonlySet<string>>> = {
  text: words('type text'),
  image_url: words('type image_url'),
  document_url: words('type document_url document_name'),
  input_audio: words('type input_audio'),
  file: words('type file_id'),
  thinking: words('type thinking closed'),
  reference: words('type reference_ids'),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function extra(value: Json, fields: ReadonlySet<string>, at: readonly (string | number)[]): Refusal | undefined {
  const odd = Object.keys(value).find((name) => !fields.has(name));
  return odd === undefined
    ? undefined
    : invalid([...at, odd], 'extra_forbidden', 'Extra inputs are not permitted', value[odd]);
}

/** The bounds of openapi.yaml. */
const bounds: readonly (readonly [string, number, number])[] = [
  ['temperature', 0, 1.5],
  ['top_p', 0, 1],
  ['presence_penalty', -2, 2],
  ['frequency_penalty', -2, 2],
  ['max_tokens', 0, Number.POSITIVE_INFINITY],
  ['random_seed', 0, Number.POSITIVE_INFINITY],
  ['n', 1, Number.POSITIVE_INFINITY],
];

function chatFault(body: Json): Refusal | undefined {
  const odd = extra(body, chatFields, []);
  if (odd !== undefined) return odd;
  for (const [name, least, most] of bounds) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || value < least || value > most)
      return invalid([name], 'less_than_equal', `Input should be between ${least} and ${most}`, value);
  }
  return (
    choiceFault(body) ??
    toolFault(body) ??
    formatFault(body) ??
    messageFault(body) ??
    orderFault(body) ??
    effortFault(body)
  );
}

function choiceFault({ tool_choice: choice, reasoning_effort: effort, prompt_mode: mode }: Json): Refusal | undefined {
  if (typeof choice === 'string' && !['auto', 'none', 'any', 'required'].includes(choice))
    return invalid(['tool_choice'], 'enum', "Input should be 'auto', 'none', 'any' or 'required'", choice);
  if (effort !== undefined && effort !== 'high' && effort !== 'none')
    return invalid(['reasoning_effort'], 'enum', "Input should be 'high' or 'none'", effort);
  if (mode !== undefined && mode !== null && mode !== 'reasoning')
    return invalid(['prompt_mode'], 'enum', "Input should be 'reasoning'", mode);
  return undefined;
}

/** "reasoning_effort='high' is not supported for this model": `_validate_model_settings` of mistral-common. */
function effortFault({ model, reasoning_effort: effort }: Json): Refusal | undefined {
  return effort === undefined || /^mistral-(small-(latest|2603)|medium-(latest|3|3-5|3\.5)$)/.test(String(model))
    ? undefined
    : { status: 400, body: error(`reasoning_effort='${effort}' is not supported for this model`) };
}

function toolFault({ tools }: Json): Refusal | undefined {
  for (const [i, tool] of ((tools ?? []) as Json[]).entries()) {
    const fn = tool.function as Json;
    const odd =
      extra(tool, words('type function'), ['tools', i]) ??
      extra(fn, words('name description strict parameters'), ['tools', i, 'function']);
    if (odd !== undefined) return odd;
    if (fn.parameters === undefined)
      return invalid(['tools', i, 'function', 'parameters'], 'missing', 'Field required', fn);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(fn.name)))
      return {
        status: 400,
        body: error(
          `Function name was ${fn.name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.`,
        ),
      };
  }
  return undefined;
}

function formatFault({ response_format: format }: Json): Refusal | undefined {
  if (format === undefined) return undefined;
  const { type, json_schema: schema } = format as { type: string; json_schema?: Json };
  if (type !== 'json_schema') return undefined;
  if (schema === undefined || schema.schema === undefined || schema.name === undefined)
    return invalid(['response_format', 'json_schema', 'schema'], 'missing', 'Field required', schema);
  return extra(schema, words('name description schema strict'), ['response_format', 'json_schema']);
}

function messageFault({ messages }: Json): Refusal | undefined {
  for (const [i, message] of (messages as Json[]).entries()) {
    const role = String(message.role);
    const fields = messageFields[role];
    if (fields === undefined)
      return invalid(
        ['messages', i],
        'union_tag_invalid',
        `Input tag '${role}' does not match any of the expected tags`,
        message,
      );
    const odd = extra(message, fields, ['messages', i, role]) ?? contentFault(message, ['messages', i, role]);
    if (odd !== undefined) return odd;
    for (const [at, call] of ((message.tool_calls ?? []) as Json[]).entries()) {
      const strange = extra(call, words('id type function index'), ['messages', i, role, 'tool_calls', at]);
      if (strange !== undefined) return strange;
      if (!isId(call.id)) return badId(call.id);
    }
    if (role === 'tool' && !isId(message.tool_call_id)) return badId(message.tool_call_id);
  }
  return undefined;
}

function contentFault({ content }: Json, at: readonly (string | number)[]): Refusal | undefined {
  if (!Array.isArray(content)) return undefined;
  for (const [i, chunk] of (content as Json[]).entries()) {
    const fields = chunkFields[String(chunk.type)];
    if (fields === undefined)
      return invalid([...at, 'content', i], 'union_tag_invalid', `Input tag '${chunk.type}' is not known`, chunk);
    const odd = extra(chunk, fields, [...at, 'content', i, String(chunk.type)]);
    if (odd !== undefined) return odd;
    const detail = (chunk.image_url as Json | undefined)?.detail;
    if (detail !== undefined && !['low', 'auto', 'high'].includes(String(detail)))
      return invalid([...at, 'content', i, 'image_url', 'detail'], 'enum', 'Input is not known', detail);
  }
  return undefined;
}

function isId(id: unknown): boolean {
  return typeof id === 'string' && /^[a-zA-Z0-9]{9}$/.test(id);
}

/** github.com/editor-code-assistant/eca/issues/233 */
function badId(id: unknown): Refusal {
  const message = `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`;
  return { status: 400, body: error(message, 'invalid_function_call', '3280') };
}

/**
 * `_validate_message_order`; that the words of a user may not follow the result of a tool is the API's, not the package's
 * (github.com/onyx-dot-app/onyx/issues/6458, avante-corp/avante.nvim/issues/2562).
 */
const mayFollow: Readonly<Record<string, readonly string[]>> = {
  system: ['user', 'assistant', 'system'],
  user: ['assistant', 'system', 'user'],
  assistant: ['assistant', 'user', 'tool'],
  tool: ['assistant', 'tool'],
};

function orderFault({ messages }: Json): Refusal | undefined {
  const list = messages as Json[];
  const wrong = (message: string): Refusal => ({
    status: 400,
    body: error(message, 'invalid_request_message_order', '3230'),
  });
  if (list.length === 0) return wrong('Conversation must have at least one message');
  if (list.length === 1 && list[0]?.role !== 'user' && list[0]?.role !== 'system')
    return wrong('Conversation must start with a user message or system message');
  let awaited = 0;
  for (const [i, message] of list.entries()) {
    const role = String(message.role);
    const before = i === 0 ? undefined : String(list[i - 1]?.role);
    if (before !== undefined && !mayFollow[before]?.includes(role))
      return wrong(`Unexpected role '${role}' after role '${before}'`);
    const calls = (message.tool_calls ?? []) as Json[];
    if (role === 'assistant' && calls.length === 0 && (message.content ?? '') === '')
      return wrong('Assistant message must have either content or tool_calls, but not none.');
    if (role === 'assistant' && message.prefix === true && i < list.length - 1)
      return wrong('Assistant message with prefix True must be last message');
    // github.com/mistralai/client-ts/issues/106
    if (role !== 'tool' && awaited > 0) return wrong('Not the same number of function calls and responses');
    if (role === 'tool') awaited -= 1;
    if (role === 'assistant') awaited = calls.length;
  }
  const last = list.at(-1) as Json;
  if (awaited > 0) return wrong('Not the same number of function calls and responses');
  return last.role === 'user' || last.role === 'tool' || last.prefix === true
    ? undefined
    : wrong(
        `Expected last role User or Tool (or Assistant with prefix or continue_final_message set to True) for serving but got ${last.role}`,
      );
}

function embeddingFault(body: Json): Refusal | undefined {
  return extra(body, embeddingFields, []);
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? (content as Json[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('')
    : '';
}

function prompt({ json }: RecordedRequest): string {
  if (typeof json.input === 'string') return json.input;
  const list = (json.messages ?? []) as Json[];
  return textIn(list.findLast(({ role }) => role === 'user')?.content);
}

function defaultScript(request: RecordedRequest): Script {
  const {
    tools,
    tool_choice: choice,
    response_format: format,
    reasoning_effort: effort,
  } = request.json as {
    tools?: { function: Json }[];
    tool_choice?: Json | string;
    response_format?: Json;
    reasoning_effort?: string;
  };
  const forced =
    typeof choice === 'object'
      ? (choice.function as Json).name
      : choice === 'any' || choice === 'required'
        ? tools?.[0]?.function.name
        : undefined;
  if (typeof forced === 'string') return { toolCalls: [{ name: forced, arguments: { city: 'Paris' } }] };
  if (format?.type === 'json_schema') return { text: '{"city":"Paris"}' };
  return { text: `You said: ${prompt(request)}`, ...(effort === 'high' ? { reasoning: 'Let me think.' } : {}) };
}

function writeUsage(script: Script, request: RecordedRequest): unknown {
  const usage = usageOf(script, prompt(request));
  if (usage === undefined) return undefined;
  if ('raw' in usage) return usage.raw;
  const cached = usage.cached ?? 0;
  return {
    prompt_tokens: usage.input,
    total_tokens: usage.input + usage.output,
    completion_tokens: usage.output,
    num_cached_tokens: cached,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function finishOf({ finish, toolCalls }: Script): string {
  if (finish === 'length') return 'length';
  return toolCalls === undefined ? 'stop' : 'tool_calls';
}

const thinking = (text: string): Json => ({ type: 'thinking', thinking: [{ type: 'text', text }] });

/** Unlike OpenAI's, calls of a stream come whole; ids have nine letters or digits. */
const callsOf = ({ toolCalls = [] }: Script): Json[] =>
  toolCalls.map(({ id, name, arguments: args }, index) => ({
    id: id ?? `fakeCall${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
    index,
  }));

function head(request: RecordedRequest, object: string): Json {
  return { id: `${numberOf(request)}`.padStart(32, '0'), object, created: 1_800_000_000, model: request.json.model };
}

function completion(request: RecordedRequest, script: Script): unknown {
  const text = script.text ?? script.refusal ?? '';
  const content =
    script.reasoning === undefined
      ? text
      : [thinking(script.reasoning), ...(text === '' ? [] : [{ type: 'text', text }])];
  const message = { role: 'assistant', tool_calls: script.toolCalls === undefined ? null : callsOf(script), content };
  const usage = writeUsage(script, request);
  return {
    ...head(request, 'chat.completion'),
    choices: [{ index: 0, finish_reason: finishOf(script), message }],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** https://docs.mistral.ai/studio-api/conversations/reasoning, "Streaming": a list while it thinks, one list with both, then text. */
function chunks(request: RecordedRequest, script: Script): string[] {
  const piece = (delta: Json, finish: string | null = null, more: Json = {}): string =>
    frame({
      ...head(request, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...more,
    });
  const pieces = piecesOf(script.text ?? script.refusal ?? '', script.chunks);
  const thoughts = piecesOf(script.reasoning ?? '', script.chunks);
  const [first = '', ...rest] = pieces;
  const spoken =
    thoughts.length === 0
      ? pieces.map((content) => piece({ content }))
      : [
          ...thoughts.map((text) => piece({ content: [thinking(text)] })),
          piece({ content: [thinking(''), { type: 'text', text: first }] }),
          ...rest.map((content) => piece({ content })),
        ];
  const usage = writeUsage(script, request);
  return [
    piece({ role: 'assistant', content: '' }),
    ...spoken,
    piece(
      { content: '', ...(script.toolCalls === undefined ? {} : { tool_calls: callsOf(script) }) },
      finishOf(script),
      usage === undefined ? {} : { usage },
    ),
    frame('[DONE]'),
  ];
}

function embeddings({ json }: RecordedRequest): unknown {
  const inputs = Array.isArray(json.input) ? json.input : [json.input];
  return {
    id: 'embd-fake',
    object: 'list',
    data: inputs.map((_input, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5, 0] })),
    model: json.model,
    usage: { prompt_tokens: 4 * inputs.length, total_tokens: 4 * inputs.length, completion_tokens: 0 },
  };
}
