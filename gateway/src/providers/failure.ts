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
    .replace(/\b(sk-[\w*-]{6,}|AIza[\w-]{10,}|gw_(?:live|test)_[\w-]+|Bearer\s+[\w.~+/-]{8,})/g, '[key]')
    .slice(0, 500);
}

/** What a status means where the body says nothing more exact. */
export function kindOfStatus(status: number): ProviderFailure['kind'] {
  if (status === 401 || status === 402 || status === 403) return 'account';
  if (status === 429) return 'busy';
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'broken';
  return 'caller';
}

export function callerCode(status: number, message: string): NonNullable<ProviderFailure['code']> {
  if (status === 413) return 'request_too_large';
  if (status === 404) return 'model_not_found';
  if (
    /context.?(length|window)|maximum context|too many tokens|prompt is too long|input token count.*exceeds|exceed.*(context|token limit)/i.test(
      message,
    )
  )
    return 'context_length_exceeded';
  if (/content.?(policy|filter)|safety system|content management policy/i.test(message))
    return 'content_policy_violation';
  return 'invalid_request';
}
