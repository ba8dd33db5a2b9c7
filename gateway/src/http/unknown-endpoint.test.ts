import { describe, expect, it } from 'vitest';
import { noWebSocket } from './unknown-endpoint.ts';

describe('a client that opens a WebSocket', () => {
  it('is sent to the stream of the operation there', () => {
    expect(noWebSocket('/v1/responses')?.message).toBe(
      'The gateway has no WebSocket at /v1/responses. Send POST /v1/responses with "stream": true.',
    );
  });

  it.each(['/v1/embeddings', '/v1/messages/count_tokens', '/v1/chat/completions/background'])(
    'is sent to %s, which has no stream, without a word of one',
    (path) => {
      expect(noWebSocket(path)?.message).toBe(`The gateway has no WebSocket at ${path}. Send POST ${path}.`);
    },
  );

  it('may end the path with a slash', () => {
    expect(noWebSocket('/v1/responses/')?.message).toBe(noWebSocket('/v1/responses')?.message);
  });

  it('is given both headers that HTTP asks for with a 426', () => {
    const refused = noWebSocket('/v1/responses');
    expect([refused?.status, refused?.headers]).toEqual([426, { connection: 'Upgrade', upgrade: 'HTTP/1.1' }]);
  });

  it('has the common refusal at any other address', () => {
    expect([noWebSocket('/v1/keys'), noWebSocket('/nope'), noWebSocket('/')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
