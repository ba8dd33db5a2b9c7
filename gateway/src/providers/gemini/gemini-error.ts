import type { JsonObject } from '../../dialects/neutral.ts';
import { isOfCredit, readAccountRefusal } from '../account-refusal.ts';
import type { ProviderFailure } from '../adapter.ts';
import { callerCode, cleanMessage, kindOfStatus, parseErrorBody, statusIn, wordsOf } from '../failure.ts';
import { asArray, asObject, asText } from '../read-json.ts';

/** `{error: {code, message, status, details}}`, or a list of one; the words are google.rpc.Code's. */
export function geminiFailure(status: number, body: string): ProviderFailure {
  const error = asObject(parseErrorBody(body)?.error);
  const message = cleanMessage(error?.message, status);
  const verdict = verdictOn(error, message, status);
  const { kind } = verdict;
  if (kind === 'caller') return { kind, message, code: codeOf(status, message) };
  if (kind === 'account') return { ...verdict, message };
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

function verdictOn(
  error: JsonObject | undefined,
  message: string,
  status: number,
): Pick<ProviderFailure, 'kind' | 'refusal'> {
  const details = detailsOf(error);
  const word = asText(error?.status) ?? '';
  // A bad key is answered with a 400 and INVALID_ARGUMENT.
  if (details.some(({ reason }) => asText(reason)?.startsWith('API_KEY_')) || /api key not found/i.test(message))
    return { kind: 'account', refusal: { reason: 'key', ofModel: false } };
  // A file the caller names by its address may be somebody else's.
  if (/permission to access|cached ?content/i.test(message)) return { kind: 'caller' };
  const named = status < 500 ? status : statusIn(error, status);
  if (word === 'RESOURCE_EXHAUSTED' || named === 429) {
    // The sentence is the same for all quotas; those by the minute are over in a minute, and `RetryInfo` says when. A quota of a day
    // that is used up, or one of zero (no free tier for this model), is the account's. It is counted for each model.
    const quotas = details
      .flatMap(({ violations }) => asArray(violations) ?? [])
      .map((one) => asText(asObject(one)?.quotaId));
    const ofTheDay = quotas.some((id) => id !== undefined && /PerDay/i.test(id)) || /\blimit: 0\b/.test(message);
    const saysWhen = details.some(({ retryDelay }) => retryDelay !== undefined) || quotas.length > 0;
    if (ofTheDay) return { kind: 'account', refusal: { reason: 'credit', ofModel: true } };
    // "Your project has exceeded its monthly spending cap", "Your prepayment credits are depleted": no minute ends that.
    if (quotas.length === 0 && isOfCredit(message.replace(/exceeded your current quota/i, '')))
      return { kind: 'account', refusal: { reason: 'credit', ofModel: false } };
    if (saysWhen || !/exceeded your current quota|billing/i.test(message)) return { kind: 'busy' };
    return { kind: 'account', refusal: { reason: 'credit', ofModel: false } };
  }
  const refusal = readAccountRefusal({ status: named, words: wordsOf(error, ...details), message });
  if (refusal !== undefined) return { kind: 'account', refusal };
  // Google has no 529: a proxy before it says so, whatever the word.
  const kind = (named !== 529 && Object.hasOwn(kinds, word) ? kinds[word] : undefined) ?? kindOfStatus(named);
  return kind === 'account' ? { kind, refusal: { reason: 'access', ofModel: false } } : { kind };
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
