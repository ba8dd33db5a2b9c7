import { describe, expect, it } from 'vitest';
import { geminiFailure, retryAfterFromGeminiError } from './gemini-error.ts';

describe('what a failure of Gemini means', () => {
  it.each([
    [429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', 'busy'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', 'broken'],
    [500, 'INTERNAL', 'An internal error has occurred.', 'broken'],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.', 'broken'],
    [499, 'CANCELLED', 'The operation was cancelled.', 'broken'],
    [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', 'account'],
    [403, 'PERMISSION_DENIED', 'Method doesn’t allow unregistered callers.', 'account'],
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'account'],
    [400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', 'account'],
    [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'account'],
  ])('%i %s: %s', (status, word, message, kind) => {
    expect(geminiFailure(status, bodyOf(word, message))).toMatchObject({ kind, message });
  });

  it.each([
    [400, 'INVALID_ARGUMENT', 'Invalid value at generation_config.top_k', 'invalid_request'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count exceeds the maximum number of tokens allowed 1048575.',
      'context_length_exceeded',
    ],
    [400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.', 'request_too_large'],
    [
      404,
      'NOT_FOUND',
      'models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.',
      'model_not_found',
    ],
    [404, 'NOT_FOUND', 'CachedContent not found.', 'invalid_request'],
    [
      403,
      'PERMISSION_DENIED',
      'You do not have permission to access the File abc or it may not exist.',
      'invalid_request',
    ],
    [400, 'OUT_OF_RANGE', 'Out of range.', 'invalid_request'],
  ])('%i %s: %s is the caller’s to mend', (status, word, message, code) => {
    expect(geminiFailure(status, bodyOf(word, message))).toEqual({ kind: 'caller', message, code });
  });

  it('a refused key is told by its reason, in whatever language the message is', () => {
    const body = bodyOf('INVALID_ARGUMENT', 'Clave no válida.', [{ reason: 'API_KEY_INVALID' }]);
    expect(geminiFailure(400, body).kind).toBe('account');
  });

  it.each([
    ['', 502, 'broken'],
    ['<html>Bad Gateway</html>', 502, 'broken'],
    ['null', 429, 'busy'],
    ['[]', 403, 'account'],
    ['{"error":"nope"}', 400, 'caller'],
    ['{"error":{"status":"constructor","message":7}}', 400, 'caller'],
  ])('%o with status %i is judged by the status', (body, status, kind) => {
    const failure = geminiFailure(status, body);
    expect(failure).toMatchObject({ kind, message: `the provider answered with status ${status}` });
  });

  it('a message is shown without keys and not beyond bounds', () => {
    const key = `AIza${'S'.repeat(35)}`;
    const { message } = geminiFailure(400, bodyOf('INVALID_ARGUMENT', `Key ${key} ${'x'.repeat(900)}`));
    expect(message).toMatch(/^Key \[key\] x+$/);
    expect(message).toHaveLength(500);
  });
});

describe('how long Gemini asks to wait', () => {
  const reported = (retryDelay: unknown) =>
    retryAfterFromGeminiError(bodyOf('RESOURCE_EXHAUSTED', 'Quota.', [{ reason: 'x' }, { retryDelay }]));

  it.each([
    ['34s', 34],
    ['34.074824224s', 35],
    ['0s', 0],
    ['864000s', 3_600],
    ['soon', undefined],
    ['-3s', undefined],
    [34, undefined],
  ])('%o is %o seconds', (retryDelay, seconds) => {
    expect(reported(retryDelay)).toBe(seconds);
  });

  it('nothing is read where nothing is said', () => {
    expect(retryAfterFromGeminiError('')).toBeUndefined();
    expect(retryAfterFromGeminiError('{"error":{"details":"none"}}')).toBeUndefined();
  });

  it('goes along with a failure, also in the form of a list', () => {
    const body = `[${bodyOf('RESOURCE_EXHAUSTED', 'Quota.', [{ retryDelay: '7s' }])}]`;
    expect(geminiFailure(429, body)).toEqual({ kind: 'busy', message: 'Quota.', retryAfterSeconds: 7 });
  });
});

function bodyOf(status: string, message: string, details?: readonly unknown[]): string {
  return JSON.stringify({ error: { code: 400, message, status, ...(details && { details }) } });
}
