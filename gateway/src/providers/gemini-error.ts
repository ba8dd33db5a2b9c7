import type { JsonObject } from '../dialects/neutral.ts';
import type { ProviderFailure } from './adapter.ts';
import { callerCode, cleanMessage, kindOfStatus, parseErrorBody } from './failure.ts';
import { asArray, asObject, asText } from './openai-answer.ts';

/** `{error: {code, message, status, details}}`, or a list of one; the words are google.rpc.Code's. */
export function geminiFailure(status: number, body: string): ProviderFailure {
  const error = asObject(parseErrorBody(body)?.error);
  const message = cleanMessage(error?.message, status);
  const kind = kindOf(error, message, status);
  if (kind === 'caller') return { kind, message, code: codeOf(status, message) };
  const retryAfterSeconds = retryAfterFromGeminiError(body);
  return { kind, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** Google says how long to wait inside the body: `{"@type": "…google.rpc.RetryInfo", "retryDelay": "34.4s"}`. Whole seconds. */
export function retryAfterFromGeminiError(body: string): number | undefined {
  for (const { retryDelay } of detailsOf(asObject(parseErrorBody(body)?.error))) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(asText(retryDelay) ?? '')?.[1];
    if (seconds !== undefined) return Math.min(Math.ceil(Number(seconds)), 3_600);
  }
  return undefined;
}

const kinds: Readonly<Record<string, ProviderFailure['kind']>> = {
  RESOURCE_EXHAUSTED: 'busy',
  UNAVAILABLE: 'broken',
  INTERNAL: 'broken',
  DEADLINE_EXCEEDED: 'broken',
  UNKNOWN: 'broken',
  ABORTED: 'broken',
  CANCELLED: 'broken',
  DATA_LOSS: 'broken',
  UNAUTHENTICATED: 'account',
  PERMISSION_DENIED: 'account',
  // The region of the server, or the bill.
  FAILED_PRECONDITION: 'account',
};

function kindOf(error: JsonObject | undefined, message: string, status: number): ProviderFailure['kind'] {
  // A bad key is answered with a 400 and INVALID_ARGUMENT.
  const refusesKey =
    detailsOf(error).some(({ reason }) => asText(reason)?.startsWith('API_KEY_')) ||
    /api key (not valid|expired|not found)|pass a valid api key/i.test(message);
  if (refusesKey) return 'account';
  // A file the caller names by its address may be somebody else's.
  if (/permission to access the file/i.test(message)) return 'caller';
  const word = asText(error?.status) ?? '';
  return (Object.hasOwn(kinds, word) ? kinds[word] : undefined) ?? kindOfStatus(status);
}

function codeOf(status: number, message: string): NonNullable<ProviderFailure['code']> {
  if (/payload size exceeds/i.test(message)) return 'request_too_large';
  // Cached contents and files are not found either.
  if (status === 404 && !/\bmodels?\b/i.test(message)) return 'invalid_request';
  return callerCode(status, message);
}

function detailsOf(error: JsonObject | undefined): JsonObject[] {
  return (asArray(error?.details) ?? []).flatMap((detail): JsonObject[] => [asObject(detail) ?? {}]);
}
