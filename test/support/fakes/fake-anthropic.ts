import type { Message, Usage } from '@anthropic-ai/sdk/resources/messages';
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

export function fakeAnthropic(apiKey: string): Vendor {
  const threads: Threads = new Map();
  return {
    refuse: (request) => refuse(request, apiKey, threads),
    prompt,
    defaultScript,
    free: (request) => (isCount(request) ? { input_tokens: Math.ceil(prompt(request).length / 4) } : undefined),
    plain: (request, script) => {
      const answer = message(request, script);
      if (request.json.thread !== undefined)
        threads.set(answer.id, [...turnsOf(request, threads), { role: 'assistant', content: answer.content }]);
      return answer;
    },
    stream: (request, script) => (request.json.stream === true ? events(request, script) : undefined),
    errorBody: (status) =>
      error(
        status === 429
          ? 'rate_limit_error'
          : status === 529
            ? 'overloaded_error'
            : status >= 500
              ? 'api_error'
              : 'invalid_request_error',
        `The fake was told to answer ${status}.`,
      ),
    errorEvent: () => frame(error('overloaded_error', 'Overloaded'), 'error'),
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

/** A thread keeps the turns before a message, by that message's id: `continue` sends new ones only. */
type Threads = Map<string, unknown[]>;

function turnsOf({ json }: RecordedRequest, threads: Threads): unknown[] {
  const { previous_message_id: id } = (json.thread ?? {}) as { previous_message_id?: string };
  return [...((id !== undefined && threads.get(id)) || []), ...(json.messages as unknown[])];
}

function error(type: string, text: string): Json {
  return { type: 'error', error: { type, message: text }, request_id: 'req_fake' };
}

const known = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'speed',
  'inference_geo',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'metadata',
  'service_tier',
  'output_config',
  'cache_control',
  'context_management',
  'safeguards',
  'thread',
]);

/** `@anthropic-ai/sdk` sends `thread` with the beta header `message-threads-2026-08-12` only. */
function threadFault({ headers, json }: RecordedRequest): string | undefined {
  if (json.thread === undefined || String(headers['anthropic-beta']).includes('message-threads-')) return undefined;
  return 'thread: Extra inputs are not permitted';
}

function refuse(
  request: RecordedRequest,
  apiKey: string,
  threads: Threads,
): { status: number; body: unknown } | undefined {
  // The documented header, and the one Anthropic's newer packages send.
  if (request.headers['x-api-key'] !== apiKey && request.headers.authorization !== `Bearer ${apiKey}`)
    return {
      status: 401,
      body: error('authentication_error', `invalid x-api-key ${String(request.headers['x-api-key'])}`),
    };
  if (request.headers['anthropic-version'] === undefined)
    return { status: 400, body: error('invalid_request_error', 'anthropic-version: header is required') };
  if (hasHalfCharacter(request))
    return {
      status: 400,
      body: error('invalid_request_error', 'The request body is not valid JSON: no low surrogate in string'),
    };
  const fault = isCount(request)
    ? countFaultOf(request.json)
    : (threadFault(request) ?? betaFault(request) ?? faultOf(whole(request, threads)));
  return fault === undefined ? undefined : { status: 400, body: error('invalid_request_error', fault) };
}

/** Fields that Anthropic's clients send with a beta header only, as the packages and Claude Code do. */
const betaFields = [
  ['context_management', 'context-management-'],
  ['safeguards', 'dangerous-tool-use-'],
] as const;

function betaFault({ headers, json }: RecordedRequest): string | undefined {
  const betas = String(headers['anthropic-beta']);
  for (const [field, beta] of betaFields)
    if (json[field] !== undefined && !betas.includes(beta)) return `${field}: Extra inputs are not permitted`;
  const turns = Array.isArray(json.messages) ? (json.messages as Json[]) : [];
  const at = turns.findIndex((turn) => turn.output_config !== undefined);
  return at < 0 || /per-turn-control-|mid-conversation-output-config-/.test(betas)
    ? undefined
    : `messages.${at}.output_config: Extra inputs are not permitted`;
}

/** The body with the turns that its thread keeps. */
function whole(request: RecordedRequest, threads: Threads): Json {
  const { json } = request;
  return json.thread === undefined || !Array.isArray(json.messages)
    ? json
    : { ...json, messages: turnsOf(request, threads) };
}

function isCount({ path }: RecordedRequest): boolean {
  return path.split('?')[0]?.endsWith('/v1/messages/count_tokens') === true;
}

/**
 * `MessageCountTokensParams` of `@anthropic-ai/sdk` has `messages`, `model`, `system`, `tools`, `tool_choice`, `thinking`,
 * `output_config` and `cache_control`; Anthropic refuses a field it does not know as an extra input.
 */
const counted = new Set([
  'messages',
  'model',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
]);

function countFaultOf(body: Json): string | undefined {
  const extra = Object.keys(body).find((name) => !counted.has(name));
  if (extra !== undefined) return `${extra}: Extra inputs are not permitted`;
  return Array.isArray(body.messages) ? undefined : 'messages: Field required';
}

/**
 * The parameters of each Claude, written a second time and independently, so that the gateway's table is compared with something. Sources: the
 * models overview and the pages on extended thinking, adaptive thinking and effort at platform.claude.com/docs, and errors in
 * public reports, quoted below.
 */
interface ClaudeRules {
  answerTokens: number;
  thinking: readonly string[];
  efforts: readonly string[];
  sampling: 'both' | 'one' | 'none';
  prefill: boolean;
  forcedTools: boolean;
}

const before: ClaudeRules = {
  answerTokens: 4_096,
  thinking: ['disabled'],
  efforts: [],
  sampling: 'both',
  prefill: true,
  forcedTools: true,
};
const budget = { ...before, thinking: ['enabled', 'disabled'], answerTokens: 64_000 };
const efforts = ['low', 'medium', 'high', 'max'];
const adaptive: ClaudeRules = {
  ...budget,
  answerTokens: 128_000,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts,
  sampling: 'one',
  prefill: false,
};
// "Setting temperature, top_p, or top_k to any non-default value on Claude Opus 4.7 will return a 400 error"; "thinking budgets are
// removed" (platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7).
const later: ClaudeRules = {
  ...adaptive,
  thinking: ['adaptive'],
  efforts: [...efforts, 'xhigh'],
  sampling: 'none',
};

const claudes: readonly (readonly [RegExp, ClaudeRules])[] = [
  [/claude-(2|v1|instant|3-(opus|sonnet|haiku))/, before],
  [/claude-3-5/, { ...before, answerTokens: 8_192 }],
  [/claude-3-7|claude-sonnet-4(-0|-2\d{7}|$)/, budget],
  [/claude-opus-4(-0|-2\d{7}|$)/, { ...budget, answerTokens: 32_000 }],
  [/claude-opus-4-1/, { ...budget, answerTokens: 32_000, sampling: 'one' }],
  [/claude-opus-4-5/, { ...budget, sampling: 'one', efforts: ['low', 'medium', 'high'] }],
  [/claude-(sonnet|haiku)-4-5/, { ...budget, sampling: 'one' }],
  [/claude-(opus|sonnet)-4-6/, adaptive],
  [/claude-opus-4-[78]/, later],
  [/claude-(opus|sonnet|haiku)-5(?!-[1-9]\b)/, { ...later, thinking: ['adaptive', 'disabled'] }],
  [/claude-(fable|mythos)-5(?!-[1-9]\b)/, later],
  // "`tool_choice: type "tool" and "any" are not supported for this model`" (github.com/BerriAI/litellm/issues/39151).
  [/claude-sonnet-5-5/, { ...later, thinking: ['adaptive', 'between_tools'], forcedTools: false }],
  [/claude-(opus|fable|mythos)-5-\d/, { ...later, forcedTools: false }],
];

function modelFault(body: Json): string | undefined {
  const model = String(body.model);
  const rules = claudes.find(([pattern]) => pattern.test(model))?.[1];
  if (rules === undefined) return undefined;
  if (Number(body.max_tokens) > rules.answerTokens)
    return `max_tokens: ${body.max_tokens} > ${rules.answerTokens}, which is the maximum allowed number of output tokens for ${model}`;
  const thinking = (body.thinking as Json | undefined)?.type;
  // Verbatim, of claude-opus-4-7 (github.com/NousResearch/hermes-agent/issues/11137).
  if (thinking !== undefined && !rules.thinking.includes(String(thinking)))
    return `"thinking.type.${thinking}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`;
  const effort = (body.output_config as Json | undefined)?.effort;
  if (effort !== undefined && !rules.efforts.includes(String(effort)))
    return rules.efforts.length === 0
      ? 'This model does not support the effort parameter.'
      : `This model does not support effort level '${effort}'. Supported levels: ${rules.efforts.join(', ')}.`;
  const usual = (value: unknown): boolean => value === undefined || value === 1;
  if (rules.sampling === 'none' && (!usual(body.temperature) || !usual(body.top_p) || body.top_k !== undefined))
    return '`temperature`, `top_p` and `top_k` are not supported for this model.';
  // Verbatim, of claude-opus-4-1 (github.com/BerriAI/litellm/issues/15097).
  if (rules.sampling === 'one' && body.temperature !== undefined && body.top_p !== undefined)
    return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
  const choice = (body.tool_choice as Json | undefined)?.type;
  if (!rules.forcedTools && (choice === 'any' || choice === 'tool'))
    return '`tool_choice: type "tool" and "any" are not supported for this model`';
  const last = (body.messages as Json[] | undefined)?.at(-1);
  if (!rules.prefill && last?.role === 'assistant')
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  return undefined;
}

/** Requests that Anthropic refuses, as far as a translation could get them wrong. */
function faultOf(body: Json): string | undefined {
  const odd = Object.keys(body).find((key) => !known.has(key));
  if (odd !== undefined) return `${odd}: Extra inputs are not permitted`;
  if (typeof body.max_tokens !== 'number') return 'max_tokens: Field required';
  if (typeof body.temperature === 'number' && body.temperature > 1) return 'temperature: range: 0..1';
  const fault = modelFault(body);
  if (fault !== undefined) return fault;
  const thinking = body.thinking as { type?: string; budget_tokens?: number } | undefined;
  if (thinking?.type === 'enabled') {
    if ((thinking.budget_tokens ?? 0) < 1024)
      return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
    if ((thinking.budget_tokens ?? 0) >= body.max_tokens)
      return '`max_tokens` must be greater than `thinking.budget_tokens`.';
    if (body.temperature !== undefined && body.temperature !== 1)
      return '`temperature` may only be set to 1 when thinking is enabled.';
    if (body.top_k !== undefined) return '`top_k` must be unset when thinking is enabled.';
    if (typeof body.top_p === 'number' && body.top_p < 0.95)
      return '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.';
    const choice = (body.tool_choice as Json | undefined)?.type;
    if (choice === 'any' || choice === 'tool') return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  const metadata = body.metadata as Json | undefined;
  const tag = Object.keys(metadata ?? {}).find((key) => key !== 'user_id');
  if (tag !== undefined) return `metadata.${tag}: Extra inputs are not permitted`;
  for (const [i, { name }] of ((body.tools ?? []) as Json[]).entries())
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(name)))
      return `tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
  // A hosted tool has a version in its type, and no schema.
  for (const [i, tool] of ((body.tools ?? []) as Json[]).entries())
    if (!/_\d{8}$/.test(String(tool.type)) && (tool.input_schema as Json | undefined)?.type !== 'object')
      return `tools.${i}.custom.input_schema.type: Field required`;
  const format = (body.output_config as { format?: { schema?: Json } } | undefined)?.format;
  if (format !== undefined && !isClosed(format.schema ?? {}))
    return "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false";
  return systemTurnFault(body) ?? turnsFault(body.messages);
}

/** "Since Opus 4.8" (platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages); the list is LangChain's profile of the models. */
const takesSystemTurns = /claude-(opus-(4-8|[5-9])|(sonnet|haiku|fable|mythos)-[5-9])/;

/** The refusals are verbatim (github.com/LeenHawk/gproxy/issues/209). */
function systemTurnFault({ model, messages }: Json): string | undefined {
  const turns = Array.isArray(messages) ? (messages as Json[]) : [];
  const at = turns.findIndex(({ role }) => role === 'system');
  if (at < 0) return undefined;
  if (!takesSystemTurns.test(String(model))) return `messages.${at}: role 'system' is not supported on this model`;
  if (at === 0 && (turns[0]?.content as unknown[] | undefined)?.length)
    return "messages.0: use the top-level 'system' parameter for the initial system prompt; the directive-only form (content: [] with output_config) is accepted at any position";
  return undefined;
}

function isClosed(schema: Json): boolean {
  const inner = Object.values((schema.properties ?? {}) as Record<string, Json>);
  return (schema.type !== 'object' || schema.additionalProperties === false) && inner.every(isClosed);
}

function turnsFault(messages: unknown): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: at least one message is required';
  let expected = 'user';
  let open: string[] = [];
  for (const [i, turn] of (messages as { role: string; content: string | Json[] }[]).entries()) {
    if (turn.role === 'system') continue;
    if (turn.role !== expected) return 'messages: roles must alternate between "user" and "assistant"';
    expected = expected === 'user' ? 'assistant' : 'user';
    const blocks = typeof turn.content === 'string' ? [{ type: 'text', text: turn.content }] : turn.content;
    if (blocks.length === 0) return `messages.${i}: all messages must have non-empty content`;
    for (const block of blocks as Json[])
      if (block.type === 'text' && String(block.text).trim() === '')
        return 'messages: text content blocks must be non-empty';
    if (turn.role === 'user') {
      const results = (blocks as Json[])
        .filter(({ type }) => type === 'tool_result')
        .map((block) => String(block.tool_use_id));
      if (open.some((id) => !results.includes(id)))
        return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`;
      if (results.some((id) => !open.includes(id)))
        return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks`;
    }
    open = (blocks as Json[]).filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
    if (open.some((id) => !/^[a-zA-Z0-9_-]+$/.test(id)))
      return 'tool_use.id: String should match pattern ^[a-zA-Z0-9_-]+$';
  }
  return undefined;
}

function prompt({ json }: RecordedRequest): string {
  const turn = ((json.messages ?? []) as { role: string; content: string | Json[] }[]).findLast(
    ({ role }) => role === 'user',
  );
  if (typeof turn?.content === 'string') return turn.content;
  return (turn?.content ?? []).map((block) => (typeof block.text === 'string' ? block.text : '')).join('');
}

function defaultScript(request: RecordedRequest): Script {
  const choice = request.json.tool_choice as { type: string; name?: string } | undefined;
  const tools = (request.json.tools ?? []) as { name: string }[];
  const forced = choice?.type === 'tool' ? choice.name : choice?.type === 'any' ? tools.at(-1)?.name : undefined;
  if (forced !== undefined) return { toolCalls: [{ name: forced, arguments: { city: 'Paris' } }] };
  if ((request.json.output_config as Json | undefined)?.format !== undefined) return { text: '{"city":"Paris"}' };
  return { text: `You said: ${prompt(request)}` };
}

function stopOf(script: Script): Message['stop_reason'] {
  if (script.finish === 'length') return 'max_tokens';
  if (script.refusal !== undefined || script.finish === 'content-filter') return 'refusal';
  return script.toolCalls === undefined ? 'end_turn' : 'tool_use';
}

function writeUsage(usage: ScriptUsage | { raw: unknown } | undefined, output: number): unknown {
  if (usage === undefined) return {};
  if ('raw' in usage) return usage.raw;
  const cached = usage.cached ?? 0;
  const written = usage.cacheWrite ?? 0;
  return {
    input_tokens: usage.input - cached - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: output,
    service_tier: 'standard',
  } satisfies Partial<Usage>;
}

function blocks(script: Script): Json[] {
  return [
    ...(script.reasoning === undefined
      ? []
      : [{ type: 'thinking', thinking: script.reasoning, signature: script.reasoningSignature ?? 'sig_fake' }]),
    ...(script.text === undefined && script.refusal === undefined
      ? []
      : [{ type: 'text', text: script.text ?? script.refusal, citations: null }]),
    ...(script.toolCalls ?? []).map((call, i) => ({
      type: 'tool_use',
      id: call.id ?? `toolu_${i}`,
      name: call.name,
      input: call.arguments,
    })),
  ];
}

function message(request: RecordedRequest, script: Script): Json & { id: string } {
  const usage = usageOf(script, prompt(request));
  return {
    id: `msg_fake_${numberOf(request)}`,
    type: 'message',
    role: 'assistant',
    model: request.json.model,
    content: blocks(script),
    stop_reason: stopOf(script),
    stop_sequence: null,
    usage: writeUsage(usage, usage === undefined || 'raw' in usage ? 0 : usage.output),
  };
}

function events(request: RecordedRequest, script: Script): string[] {
  const event = (data: Json & { type: string }): string => frame(data, data.type);
  const usage = usageOf(script, prompt(request));
  const output = usage === undefined || 'raw' in usage ? 0 : usage.output;
  return [
    event({
      type: 'message_start',
      message: {
        id: `msg_fake_${numberOf(request)}`,
        type: 'message',
        role: 'assistant',
        model: request.json.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: writeUsage(usage, 1),
      },
    }),
    event({ type: 'ping' }),
    ...blocks(script).flatMap((block, index) => [
      ...blockEvents(block, index, script, event),
      event({ type: 'content_block_stop', index }),
    ]),
    event({
      type: 'message_delta',
      delta: { stop_reason: stopOf(script), stop_sequence: null },
      usage:
        usage !== undefined && 'raw' in usage
          ? (usage.raw as Json)
          : usage === undefined
            ? {}
            : { output_tokens: output },
    }),
    event({ type: 'message_stop' }),
  ];
}

function blockEvents(
  block: Json,
  index: number,
  script: Script,
  event: (data: Json & { type: string }) => string,
): string[] {
  const delta = (change: Json): string => event({ type: 'content_block_delta', index, delta: change });
  if (block.type === 'thinking') {
    return [
      event({ type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } }),
      ...piecesOf(String(block.thinking)).map((thinking) => delta({ type: 'thinking_delta', thinking })),
      delta({ type: 'signature_delta', signature: block.signature }),
    ];
  }
  if (block.type === 'tool_use') {
    return [
      event({ type: 'content_block_start', index, content_block: { ...block, input: {} } }),
      delta({ type: 'input_json_delta', partial_json: '' }),
      ...piecesOf(JSON.stringify(block.input), 3).map((text) =>
        delta({ type: 'input_json_delta', partial_json: text }),
      ),
    ];
  }
  return [
    event({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } }),
    ...piecesOf(String(block.text), script.chunks).map((text) => delta({ type: 'text_delta', text })),
  ];
}
