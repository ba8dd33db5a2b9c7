import { isRecord } from '@ai-gateway/shared/json';
import { efforts, markNative, optional, readSchemaFormat } from './chat-read.ts';
import type { JsonObject, NeutralCall, OutputFormat } from './neutral.ts';
import {
  needString,
  readBoolean,
  readChoice,
  readList,
  readModel,
  readNumber,
  readObject,
  readString,
  tokensRange,
  without,
  wrong,
} from './read-fields.ts';
import { readInput } from './responses-input.ts';
import { readToolChoice } from './responses-tool-choice.ts';
import { readTools } from './responses-tools.ts';

/** `store`, `prompt_cache_key` and `client_metadata` are here too: nothing is stored elsewhere, and nobody misses a hint. */
const read = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'include',
  'reasoning',
  'store',
  'background',
  'previous_response_id',
  'conversation',
  'prompt',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'client_metadata',
  'service_tier',
  'truncation',
  'metadata',
  'fallback_models',
  'response_cache',
]);

/** Fields that only OpenAI can honour: without them the call would mean something different. */
const stored = ['previous_response_id', 'conversation', 'prompt'] as const;

/** An OpenAI responses request. `metadata` and `fallback_models` are the gateway's own and read elsewhere. */
export function readResponses(body: JsonObject): NeutralCall {
  const native: string[] = [];
  const model = readModel(body.model);
  if (readBoolean(body.background, 'background') === true) {
    throw wrong(
      'background',
      'left out: the gateway does not run responses in the background. Use POST /v1/chat/completions/background, which posts the answer to a callback URL',
    );
  }
  readStored(body, native);
  const instructions = readString(body.instructions, 'instructions');
  const input = readInput(body.input, {
    native,
    continues: native.length > 0,
    hasMessages: body.messages !== undefined,
  });
  const tools = readTools(body, native);
  const text = readObject(body.text, 'text');
  const format = readFormat(text, 'text.format');
  const updates = readUpdates(body.input);
  const include = readIncludes(body.include);
  const topLogprobs = readNumber(body.top_logprobs, 'top_logprobs', { min: 0, max: 20, integer: true });
  return {
    dialect: 'responses',
    model,
    stream: readBoolean(body.stream, 'stream') ?? false,
    streamUsage: true,
    messages: instructions ? [{ role: 'system', parts: [{ kind: 'text', text: instructions }] }, ...input] : input,
    tools,
    ...optional({
      ...readToolChoice(body.tool_choice, tools, native),
      parallelToolCalls: readBoolean(body.parallel_tool_calls, 'parallel_tool_calls'),
      maxTokens: readNumber(body.max_output_tokens, 'max_output_tokens', tokensRange),
      temperature: readNumber(body.temperature, 'temperature', { min: 0, max: 2 }),
      topP: readNumber(body.top_p, 'top_p', { min: 0, max: 1 }),
      // Chat takes a number of alternatives only together with the switch, which this dialect keeps elsewhere.
      logprobs: include.includes(logprobs) || (topLogprobs ?? 0) > 0 ? true : undefined,
      topLogprobs,
      reasoning: readReasoning(body.reasoning, updates.effort),
      user: readString(body.safety_identifier, 'safety_identifier') ?? readString(body.user, 'user'),
      serviceTier: readString(body.service_tier, 'service_tier'),
    }),
    output: updates.format ?? format ?? { kind: 'text' },
    stop: [],
    extra: { ...without(body, read), ...readExtra(body, { text, include }) },
    onlyNative: native,
  };
}

function readStored(body: JsonObject, native: string[]): void {
  for (const field of stored) if (body[field] !== undefined && body[field] !== null) markNative(native, field);
  readString(body.previous_response_id, 'previous_response_id');
}

const logprobs = 'message.output_text.logprobs';
/** Honoured for every provider; the rest tell more of OpenAI's own tools. */
const honoured = new Set([logprobs, 'reasoning.encrypted_content']);

function readIncludes(value: unknown): readonly string[] {
  return (readList(value, 'include', 100) ?? []).map((entry, i) => needString(entry, `include[${i}]`));
}

/** Values that only OpenAI honours, in fields that are read here: parts of `text`, `reasoning` and `include`, and `truncation` but for its default. */
function readExtra(
  body: JsonObject,
  { text, include }: { text: JsonObject | undefined; include: readonly string[] },
): JsonObject {
  const truncation = readChoice(body.truncation, 'truncation', ['auto', 'disabled']);
  const verbosity = readString(text?.verbosity, 'text.verbosity');
  const more = include.filter((entry) => !honoured.has(entry));
  const { mode, context } = readObject(body.reasoning, 'reasoning') ?? {};
  return {
    ...(isUnusual(mode, 'standard') ? { 'reasoning.mode': mode } : {}),
    ...(isUnusual(context, 'auto') ? { 'reasoning.context': context } : {}),
    ...(verbosity === undefined ? {} : { 'text.verbosity': verbosity }),
    ...(truncation === 'auto' ? { truncation } : {}),
    ...(more.length === 0 ? {} : { include: more }),
  };
}

function isUnusual(value: unknown, usual: string): boolean {
  return value !== undefined && value !== null && value !== usual;
}

interface Updates {
  effort?: NonNullable<NeutralCall['reasoning']>['effort'];
  format?: OutputFormat;
}

/**
 * Items of the input may change an effort and a format from there on: "until another configuration update replaces it". One that changes
 * something else leaves both as they are.
 */
function readUpdates(input: unknown): Updates {
  const updates: Updates = {};
  if (!Array.isArray(input)) return updates;
  for (const [i, item] of (input as unknown[]).entries()) {
    if (!isRecord(item) || item.type !== 'configuration_update') continue;
    const reasoning = readObject(item.reasoning, `input[${i}].reasoning`);
    const effort = readChoice(reasoning?.effort, `input[${i}].reasoning.effort`, efforts);
    const format = readFormat(readObject(item.text, `input[${i}].text`), `input[${i}].text.format`);
    if (effort !== undefined) updates.effort = effort;
    if (format !== undefined) updates.format = format;
  }
  return updates;
}

function readReasoning(value: unknown, updated: Updates['effort']): NeutralCall['reasoning'] {
  const reasoning = readObject(value, 'reasoning');
  const own = readChoice(reasoning?.effort, 'reasoning.effort', efforts);
  const effort = updated ?? own;
  const summary =
    readString(reasoning?.summary, 'reasoning.summary') ??
    readString(reasoning?.generate_summary, 'reasoning.generate_summary');
  if (effort === undefined && summary === undefined) return undefined;
  return { ...(effort === undefined ? {} : { effort }), ...(summary === undefined ? {} : { visible: true }) };
}

/** Undefined where no format is given. */
function readFormat(text: JsonObject | undefined, path: string): OutputFormat | undefined {
  const format = readObject(text?.format, path);
  const type = readChoice(format?.type, `${path}.type`, ['text', 'json_object', 'json_schema']);
  if (format === undefined || type === undefined) return undefined;
  if (type === 'text') return { kind: 'text' };
  return type === 'json_object' ? { kind: 'json' } : readSchemaFormat(format, path);
}
