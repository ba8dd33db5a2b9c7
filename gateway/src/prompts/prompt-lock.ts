import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { type PromptContent, promptModel } from './prompt.ts';
import { type Default, placesOf, valueAt } from './prompt-defaults.ts';

type Path = Default['path'];

/** The fields that a version can lock, beside its own parameters: by their names in chat completions, whatever dialect a call has. */
const lockable = new Set(
  [
    'model fallback_models messages tools tool_choice parallel_tool_calls response_format response_cache',
    'max_tokens max_completion_tokens temperature top_p top_k stop seed frequency_penalty presence_penalty n',
    'logprobs top_logprobs logit_bias reasoning_effort verbosity thinking user safety_identifier service_tier',
    'metadata store stream prompt_cache_key modalities prediction web_search_options',
  ].flatMap((names) => names.split(' ')),
);

/** The names without doubles, or `invalid_request` for one that no call has a field for: it would lock nothing. */
export function checkLock({ lock, parameters }: { lock: readonly string[]; parameters: JsonObject }): string[] {
  for (const [i, name] of lock.entries())
    if (!lockable.has(name) && !Object.hasOwn(parameters, name))
      throw new GatewayError(
        'invalid_request',
        `\`lock[${i}]\`: "${name}" cannot be locked. Name a field of chat completions, such as model, max_tokens, or messages, which locks system texts too.`,
        { param: `lock[${i}]` },
      );
  return [...new Set(lock)].sort();
}

/** Places by which a call goes around a lock, although the default is not there. */
const besides: Record<DialectId, Readonly<Record<string, readonly Path[]>>> = {
  chat: {
    // OpenRouter takes `reasoning` in place of `reasoning_effort`.
    reasoning_effort: [['reasoning'], ['thinking']],
    user: [['safety_identifier']],
    safety_identifier: [['user']],
  },
  responses: {
    messages: [['instructions'], ['previous_response_id'], ['conversation']],
    user: [['safety_identifier']],
    safety_identifier: [['user']],
  },
  messages: {
    messages: [['system'], ['thread']],
    tools: [['mcp_servers']],
    parallel_tool_calls: [['tool_choice', 'disable_parallel_tool_use']],
    reasoning_effort: [['thinking']],
    user: [['metadata', 'user_id']],
    safety_identifier: [['metadata', 'user_id']],
  },
};

interface LockedCall {
  dialect: DialectId;
  content: PromptContent;
  /** Does the call have messages of its own? */
  hasOwn: boolean;
  /** As the call names them, in a header or the body. */
  fallbacks: readonly string[] | 'none' | undefined;
  /** Of the prompt, in the words of the dialect. */
  defaults: readonly Default[];
  /** Of the prompt. */
  id: string;
}

/** A locked field may be named with the prompt's own value, and with no other. */
export function refuseLocked(json: JsonObject, call: LockedCall): void {
  const { content, id } = call;
  if (content.lock.length === 0) return;
  for (const name of content.lock) {
    const param = placeSet(name, json, call);
    if (param !== undefined)
      throw new GatewayError('invalid_request', `Prompt "${id}" locks \`${param}\`. Leave it out of the call.`, {
        param,
      });
  }
}

/** Where the call sets the field otherwise than the prompt; undefined: nowhere. */
function placeSet(
  name: string,
  json: JsonObject,
  { dialect, content, hasOwn, fallbacks, defaults }: LockedCall,
): string | undefined {
  if (name === 'model') return isModelNamed(json.model) && json.model !== content.model ? name : undefined;
  if (name === 'fallback_models')
    return fallbacks !== undefined && !isDeepStrictEqual(fallbacks, content.fallback_models) ? name : undefined;
  const more = Object.hasOwn(besides[dialect], name) ? (besides[dialect][name] ?? []) : [];
  if (name === 'messages') {
    if (hasOwn) return dialect === 'responses' ? 'input' : name;
    return more.find((path) => isFilled(valueAt(json, path)))?.join('.');
  }
  const places = placesOf(name, dialect);
  const set = [...(places.length === 0 ? ([[name]] as const) : places), ...more].find((path) => {
    const value = valueAt(json, path);
    const own = defaults.find((one) => one.path.join('.') === path.join('.'));
    return value !== undefined && value !== null && !isDeepStrictEqual(value, own?.value);
  });
  return set?.join('.');
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** Does the call name a model, and not the prompt's own? */
export function isModelNamed(model: unknown): boolean {
  return model !== undefined && model !== null && model !== '' && model !== promptModel;
}
