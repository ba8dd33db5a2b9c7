import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue, fromErrorBody, GatewayError, isGatewayError, toErrorBody } from './errors.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('a refusal on its way through the wire', () => {
  test.each(codes)('%s comes back as what it was', (code) => {
    const sent = new GatewayError(code, 'Do this next.', { param: 'messages[0].role', details: { attempts: [] } });
    const read = fromErrorBody(JSON.parse(JSON.stringify(toErrorBody(sent))), { status: sent.status });
    expect(isGatewayError(read)).toBe(true);
    expect(read).toMatchObject({
      code,
      message: 'Do this next.',
      status: errorCatalogue[code].status,
      param: 'messages[0].role',
      details: { attempts: [] },
    });
  });

  test('in Anthropic’s shape says the same', () => {
    const body = {
      type: 'error',
      error: {
        type: 'permission_error',
        message: 'Another client’s key.',
        code: 'tag_forbidden',
        param: 'x-client-id',
      },
      request_id: 'req_1',
    };
    expect(fromErrorBody(body, { status: 403 })).toMatchObject({
      code: 'tag_forbidden',
      message: 'Another client’s key.',
      param: 'x-client-id',
    });
  });

  test('keeps a provider’s own status, the time to wait and the id of the request', () => {
    const read = fromErrorBody(
      { error: { message: 'No.', type: 'x', param: null, code: 'invalid_request' } },
      { status: 422, retryAfterSeconds: 7, requestId: 'req_2' },
    );
    expect(read).toMatchObject({ status: 422, retryAfterSeconds: 7, requestId: 'req_2', param: undefined });
  });

  test.each([
    [400, 'invalid_request'],
    [401, 'invalid_api_key'],
    [404, 'not_found'],
    [418, 'invalid_request'],
    [429, 'rate_limited'],
    [500, 'internal_error'],
    [502, 'provider_error'],
    [503, 'service_unavailable'],
    [520, 'internal_error'],
  ] as const)('of status %d, written by something in between, gets the plainest code: %s', (status, code) => {
    for (const body of [undefined, null, 'Bad gateway', [], {}, { error: 'nope' }, { error: { code: 'toString' } }])
      expect(fromErrorBody(body, { status })).toMatchObject({ code, status });
  });
});
