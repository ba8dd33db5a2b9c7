import type { ProviderFailure } from '../adapter.ts';
import { callerCode, cleanMessage, judge, parseErrorBody, wordsOf } from '../failure.ts';
import { asArray, asObject, asText } from '../read-json.ts';

/**
 * Mistral's errors: `{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}`, for a key
 * `{"detail":"Unauthorized"}`, and where a field is at fault the list of a validator, as `detail` or inside `message`.
 */
export function mistralFailure(status: number, body: string): ProviderFailure {
  const parsed = parseErrorBody(body);
  const fields = validated(parsed?.message) ?? validated(parsed);
  const message = cleanMessage(fields?.message ?? parsed?.message ?? parsed?.detail, status);
  const param = fields?.param ?? asText(parsed?.param);
  const type = asText(parsed?.type);
  // An error inside a stream has no status of its own.
  const named = status < 500 ? status : (statusOf(parsed?.raw_status_code) ?? statuses[type ?? ''] ?? status);
  const verdict = judge({ status: named, words: wordsOf(parsed), message, param });
  if (verdict.kind !== 'caller') return { ...verdict, message };
  return {
    kind: verdict.kind,
    message,
    code: isUnknownModel(type, parsed?.code) ? 'model_not_found' : callerCode(named, message),
    ...(param === undefined ? {} : { param }),
  };
}

const statuses: Readonly<Record<string, number>> = {
  rate_limited: 429,
  rate_limit_error: 429,
  // "Service tier capacity exceeded for this model."
  service_tier_capacity_exceeded: 429,
  authentication_error: 401,
};

function statusOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 400 && value < 600 ? value : undefined;
}

function isUnknownModel(type: string | undefined, code: unknown): boolean {
  return type === 'invalid_model' || code === '1500' || code === 'unknown_model';
}

/** The faults that a validator lists: `body` is the first step of every path. */
function validated(value: unknown): { message: string; param: string | undefined } | undefined {
  const list = asArray(asObject(value)?.detail) ?? asArray(value);
  const faults = (list ?? []).map(asObject).filter((item) => item !== undefined);
  if (faults.length === 0) return undefined;
  const paths = faults.map(({ loc }) => (asArray(loc) ?? []).filter((step) => step !== 'body').join('.'));
  return {
    message: faults.map(({ msg }, i) => `${paths[i]}: ${asText(msg) ?? 'is not valid'}`).join('; '),
    param: paths[0] || undefined,
  };
}
