import { type FailureReport, isCallersOwn403, readAccountRefusal } from './account-refusal.ts';
import type { ProviderFailure } from './adapter.ts';

/** The provider's JSON error body, or nothing where it is none. */
export function parseErrorBody(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A provider's message as it may be shown: bounded, and with nothing in it that looks like a key. */
export function cleanMessage(message: unknown, status: number): string {
  const text =
    typeof message === 'string' && message.trim() !== ''
      ? message.trim()
      : `the provider answered with status ${status}`;
  return text
    .replace(
      /\b((?:sk|gsk|xai|pk|r8|hf|key|csk|fw|nvapi|pplx|tgp)[-_][\w*-]{6,}|AIza[\w-]{10,}|gw_(?:live|test|operator)_[\w-]+|Bearer\s+[\w.~+/-]{8,}|\w{2,12}\*{3,}\w{0,12})/g,
      '[key]',
    )
    .slice(0, 500);
}

/**
 * The meaning of a status whose body says nothing more exact. 529 is Anthropic's, and others have taken it over: as with a 429, the model
 * is busy. So it is with Groq's 498 ("If flex capacity is unavailable, requests will fail quickly with status `498`").
 */
export function kindOfStatus(status: number): ProviderFailure['kind'] {
  if (status === 401 || status === 402 || status === 403) return 'account';
  if (status === 429 || status === 498 || status === 529) return 'busy';
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'broken';
  return 'caller';
}

/**
 * A failure in the words every vendor's error can be brought to. `code` of a caller's failure is the adapter's to add.
 * An error inside a 200 or a stream is judged by the status it names, where it names one.
 */
export function judge(report: FailureReport): Pick<ProviderFailure, 'kind' | 'refusal'> {
  const refusal = readAccountRefusal(report);
  if (refusal !== undefined) return { kind: 'account', refusal };
  if (report.status === 403 && isCallersOwn403(report.message)) return { kind: 'caller' };
  return { kind: kindOfStatus(report.status) };
}

/** The status an error body names in it, where that is a status of a failure; else the one it came with. */
export function statusIn(error: Readonly<Record<string, unknown>> | undefined, status: number): number {
  for (const named of [error?.code, error?.status, error?.status_code, error?.http_code]) {
    const number = typeof named === 'string' && /^[45]\d\d$/.test(named) ? Number(named) : named;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 400 && number < 600) return number;
  }
  return status;
}

/** All words of an error that may be codes, wherever the vendor puts them. */
export function wordsOf(...objects: (Readonly<Record<string, unknown>> | undefined)[]): string[] {
  return objects.flatMap((object) =>
    object === undefined
      ? []
      : [object.code, object.type, object.status, object.reason].filter((word) => typeof word === 'string'),
  );
}

/** `Item with id 'rs_1' not found`, `No such File object`: a 404 that is not the model's. */
const otherThing =
  /^(?!.*\bmodels?\b).*\b(item|response|conversation|file|container|prompt|vector.?store|assistant|thread|batch)\b/i;

export function callerCode(status: number, message: string): NonNullable<ProviderFailure['code']> {
  if (status === 413) return 'request_too_large';
  if (status === 404) return otherThing.test(message) ? 'invalid_request' : 'model_not_found';
  if (
    /context.?(length|window)|maximum context|too many tokens|prompt is too long|input token count.*exceeds|exceed.*(context|token limit)/i.test(
      message,
    )
  )
    return 'context_length_exceeded';
  if (/content.?(policy|filter)|safety system|content management policy|flagged|requires moderation/i.test(message))
    return 'content_policy_violation';
  return 'invalid_request';
}
