import type { JsonObject, NeutralCall, Tool } from '../../dialects/neutral.ts';
import { droppedExtras, droppedOf } from '../dropped.ts';
import { writeMistralMessages } from './mistral-messages.ts';
import { mistralReasoning } from './mistral-model.ts';

/** "maximum": 1.5 (`temperature` in Mistral's openapi.yaml); OpenAI takes 2. */
const temperatureMax = 1.5;

/** Mistral's own fields, which a caller of the chat dialect may set and no other vendor knows. */
const ownFields = ['safe_prompt', 'prompt_mode', 'guardrails', 'prompt_cache_key'] as const;

/** A neutral call as a chat completion of Mistral's, and what of it the model cannot honour. */
export function mistralRequest(call: NeutralCall, model: string): { body: JsonObject; dropped: string[] } {
  const { temperature } = call;
  const stops = call.stop.filter((text) => text !== '');
  const body: JsonObject = {
    model,
    messages: writeMistralMessages(call.messages),
    ...toolFields(call),
    ...outputFormat(call),
    ...defined({
      max_tokens: call.maxTokens,
      temperature: temperature === undefined ? undefined : Math.min(temperature, temperatureMax),
      top_p: call.topP,
      presence_penalty: call.presencePenalty,
      frequency_penalty: call.frequencyPenalty,
      stop: stops.length === 0 ? undefined : stops,
      random_seed: seedOf(call),
      reasoning_effort: effortOf(call, model),
    }),
    ...ownFieldsOf(call),
    // Usage comes with the last piece of a stream unasked; `stream_options` is an "extra input".
    ...(call.stream ? { stream: true } : {}),
  };
  return { body, dropped: droppedBy(call, model) };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** "minimum": 0. A negative seed is folded into a positive one, the same one each time. */
function seedOf({ seed, dialect, extra }: NeutralCall): unknown {
  if (seed !== undefined) return seed < 0 ? seed >>> 0 : seed;
  return dialect === 'chat' ? (extra.random_seed ?? undefined) : undefined;
}

function ownFieldsOf({ dialect, extra }: NeutralCall): JsonObject {
  if (dialect !== 'chat') return {};
  return {
    ...defined(Object.fromEntries(ownFields.map((name) => [name, extra[name] ?? undefined]))),
    ...(isPrediction(extra.prediction) ? { prediction: extra.prediction } : {}),
  };
}

/** OpenAI's `prediction` may have a list of parts for its content, Mistral's is a text. */
function isPrediction(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string';
}

/** "high" and "none" are the words there are; every wish to think is the one, no wish or the least is the other. */
function effortOf({ reasoning }: NeutralCall, model: string): 'high' | 'none' | undefined {
  if (reasoning === undefined || mistralReasoning(model) !== 'adjustable') return undefined;
  const { effort, budgetTokens } = reasoning;
  if (effort === undefined) return budgetTokens === undefined ? undefined : budgetTokens > 0 ? 'high' : 'none';
  return effort === 'none' || effort === 'minimal' ? 'none' : 'high';
}

function toolFields({ tools, toolChoice, parallelToolCalls }: NeutralCall): JsonObject {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(writeTool),
    ...(toolChoice === undefined ? {} : { tool_choice: choiceOf(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

function choiceOf(choice: NonNullable<NeutralCall['toolChoice']>): unknown {
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } };
  return choice.kind === 'required' ? 'any' : choice.kind;
}

function writeTool({ name, description, parameters, strict }: Tool): JsonObject {
  return { type: 'function', function: defined({ name, description, parameters, strict }) };
}

function outputFormat({ output }: NeutralCall): JsonObject {
  if (output.kind === 'text') return {};
  if (output.kind === 'json') return { response_format: { type: 'json_object' } };
  const { name, schema, strict, description } = output;
  return {
    response_format: { type: 'json_schema', json_schema: defined({ name, schema, strict, description }) },
  };
}

function droppedBy(call: NeutralCall, model: string): string[] {
  const taken = new Set<string>([
    ...ownFields,
    'random_seed',
    ...(isPrediction(call.extra.prediction) ? ['prediction'] : []),
  ]);
  return [
    ...droppedOf(call, ['topK', 'choices', 'logprobs', 'topLogprobs', 'user', 'serviceTier']),
    ...((call.temperature ?? 0) > temperatureMax ? droppedOf(call, ['temperature']) : []),
    ...(mistralReasoning(model) === 'none' && call.reasoning?.effort !== 'none' ? droppedOf(call, ['reasoning']) : []),
    ...droppedExtras(call).filter((name) => call.dialect !== 'chat' || !taken.has(name)),
  ];
}
