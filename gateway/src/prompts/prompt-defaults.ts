import { isRecord } from '@ai-gateway/shared/json';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import type { PromptContent } from './prompt.ts';

/** A default of a prompt in the words of a dialect. */
export interface Default {
  /** In the words of the prompt, by which it is locked: `max_tokens`. */
  name: string;
  /** Where it stands in the body: `['reasoning', 'effort']`. */
  path: readonly [string] | readonly [string, string];
  value: unknown;
}

export interface Translated {
  defaults: readonly Default[];
  /** Names of defaults that the dialect has no word for. */
  dropped: readonly string[];
}

/** Other names of a field in the body of a call: one of them there outranks the prompt's default. */
const sameAs: Readonly<Record<string, readonly string[]>> = {
  max_tokens: ['max_completion_tokens'],
  max_completion_tokens: ['max_tokens'],
};

/** Older names that a dialect still takes. */
const olderIn: Record<DialectId, Readonly<Record<string, Default['path']>>> = {
  chat: { tools: ['functions'], tool_choice: ['function_call'] },
  responses: {},
  messages: { response_format: ['output_format'] },
};

/** The places in a body where a call says a field itself. */
export function placesOf(name: string, dialect: DialectId): Default['path'][] {
  const places = [name, ...(ownOf(sameAs, name) ?? [])].flatMap((one) => {
    const path = placeIn[dialect](one);
    return path === undefined ? [] : [path];
  });
  const older = ownOf(olderIn[dialect], name);
  if (older !== undefined) places.push(older);
  const unique = new Map(places.map((path) => [path.join('.'), path]));
  return [...unique.values()];
}

/** A parameter may be named `constructor`, which every object has. */
function ownOf<Value>(of: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

export function valueAt(json: JsonObject, [member, field]: Default['path']): unknown {
  const value = ownOf(json, member);
  if (field === undefined) return value;
  return isRecord(value) ? ownOf(value, field) : undefined;
}

export function translateDefaults(content: PromptContent, dialect: DialectId): Translated {
  const { parameters, tools, response_format: format } = content;
  const given: JsonObject = {
    ...parameters,
    ...(tools === undefined ? {} : { tools }),
    ...(format === undefined ? {} : { response_format: format }),
  };
  const defaults: Default[] = [];
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const path = placeIn[dialect](name);
    const said = path === undefined ? undefined : writeIn[dialect](name, value);
    if (path === undefined || said === undefined) dropped.push(name);
    else defaults.push({ name, path, value: said });
  }
  return { defaults, dropped };
}

const same = (names: string): ReadonlySet<string> => new Set(names.split(' '));
const sameInResponses = same(
  'temperature top_p top_logprobs parallel_tool_calls tool_choice tools user safety_identifier service_tier store prompt_cache_key response_cache',
);
const sameInMessages = same('temperature top_p top_k tools tool_choice thinking service_tier response_cache');

/** Where a field of chat completions stands in a body of each dialect; undefined where it has none. */
const placeIn: Record<DialectId, (name: string) => Default['path'] | undefined> = {
  chat: (name) => [name],
  responses: (name) => {
    if (name === 'max_tokens' || name === 'max_completion_tokens') return ['max_output_tokens'];
    if (name === 'reasoning_effort') return ['reasoning', 'effort'];
    if (name === 'verbosity') return ['text', 'verbosity'];
    if (name === 'response_format') return ['text', 'format'];
    return sameInResponses.has(name) || name === 'model' || name === 'fallback_models' ? [name] : undefined;
  },
  messages: (name) => {
    if (name === 'max_tokens' || name === 'max_completion_tokens') return ['max_tokens'];
    if (name === 'stop') return ['stop_sequences'];
    if (name === 'reasoning_effort') return ['output_config', 'effort'];
    if (name === 'response_format') return ['output_config', 'format'];
    return sameInMessages.has(name) || name === 'model' || name === 'fallback_models' ? [name] : undefined;
  },
};

/** The value in the words of each dialect; undefined where it cannot be said. */
const writeIn: Record<DialectId, (name: string, value: unknown) => unknown> = {
  chat: (_name, value) => value,
  responses: (name, value) => {
    if (name === 'tools') return functionsOf(value)?.map((one) => ({ type: 'function', ...one }));
    if (name === 'tool_choice')
      return chosenTool(value) === undefined ? value : { type: 'function', name: chosenTool(value) };
    if (name === 'response_format' && isRecord(value) && isRecord(value.json_schema))
      return { type: 'json_schema', ...value.json_schema };
    return value;
  },
  messages: (name, value) => {
    if (name === 'tools') return functionsOf(value)?.map(anthropicTool);
    if (name === 'tool_choice') return anthropicChoice(value);
    if (name === 'stop') return Array.isArray(value) ? value : [value];
    // OpenAI's temperature goes to 2, Anthropic's to 1.
    if (name === 'temperature') return typeof value === 'number' ? Math.min(value, 1) : value;
    if (name === 'response_format')
      return isRecord(value) && isRecord(value.json_schema)
        ? { type: 'json_schema', schema: value.json_schema.schema }
        : undefined;
    if (name === 'service_tier') return undefined;
    return value;
  },
};

/** The functions of chat's tools; undefined where there is any other tool. */
function functionsOf(tools: unknown): JsonObject[] | undefined {
  if (!Array.isArray(tools)) return undefined;
  const functions = tools.flatMap((tool: unknown) =>
    isRecord(tool) && tool.type === 'function' && isRecord(tool.function) ? [tool.function] : [],
  );
  return functions.length === tools.length ? functions : undefined;
}

function anthropicTool({ name, description, parameters }: JsonObject): JsonObject {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: parameters ?? { type: 'object', properties: {} },
  };
}

function chosenTool(choice: unknown): unknown {
  return isRecord(choice) && isRecord(choice.function) ? choice.function.name : undefined;
}

function anthropicChoice(choice: unknown): JsonObject | undefined {
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  const name = chosenTool(choice);
  return name === undefined ? undefined : { type: 'tool', name };
}
