import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { CallHeaders, CallWishes } from '../accounts/call-wishes.ts';
import type { JsonObject } from '../dialects/neutral.ts';

/** The headers of a call that say how it is to be made. Throws `invalid_request` for a value that says nothing. */
export function readCallHeaders(headers: IncomingHttpHeaders, json: JsonObject): CallHeaders {
  return {
    fallbacks: readFallbacks(headers, json),
    strict: choice(headers, 'x-gateway-strict', ['true', 'false']) === 'true',
    wishes: readWishes(headers),
    anthropicHeaders: anthropicHeaders(headers),
  };
}

export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

/** A wish that is misspelt must not be passed over in silence. */
function choice<Value extends string>(
  headers: IncomingHttpHeaders,
  name: string,
  allowed: readonly Value[],
): Value | undefined {
  const value = header(headers, name);
  if (value === undefined) return undefined;
  const chosen = allowed.find((one) => one === value.toLowerCase());
  if (chosen !== undefined) return chosen;
  const values = allowed.map((one) => `\`${one}\``).join(' or ');
  throw new GatewayError('invalid_request', `\`${name}\` must be ${values}, not "${value.slice(0, 100)}".`, {
    param: name,
  });
}

function anthropicHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of ['anthropic-version', 'anthropic-beta']) {
    const value = header(headers, name);
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

/** Nearly every call has none of these headers. */
function readWishes(headers: IncomingHttpHeaders): CallWishes | undefined {
  const session = header(headers, 'x-session-id');
  const auto = header(headers, 'x-gateway-auto');
  const cache = header(headers, 'x-gateway-cache');
  const promptCache = choice(headers, 'x-gateway-prompt-cache', ['none']);
  const asksNothing = session === undefined && auto === undefined && cache === undefined && promptCache === undefined;
  return asksNothing ? undefined : { session, auto, cache, promptCache };
}

/** The header wins over the body. */
function readFallbacks(headers: IncomingHttpHeaders, json: JsonObject): readonly string[] | 'none' | undefined {
  const fromHeader = header(headers, 'x-gateway-fallback');
  if (fromHeader !== undefined) {
    const models = fromHeader
      .split(',')
      .map((model) => model.trim())
      .filter((model) => model !== '');
    if (models.length > fallbacksMax) throw tooManyFallbacks('x-gateway-fallback');
    return models.length === 1 && models[0]?.toLowerCase() === 'none' ? 'none' : models;
  }
  const listed = json.fallback_models;
  if (listed === undefined || listed === null) return undefined;
  if (
    !Array.isArray(listed) ||
    listed.length > fallbacksMax ||
    !listed.every((model) => typeof model === 'string' && model !== '')
  ) {
    throw tooManyFallbacks('fallback_models');
  }
  return listed.length === 0 ? 'none' : (listed as string[]);
}

const fallbacksMax = 20;

function tooManyFallbacks(param: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be a list of at most ${fallbacksMax} model names.`, {
    param,
  });
}
