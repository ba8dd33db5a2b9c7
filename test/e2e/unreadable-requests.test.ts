import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Requests that Node's parser refuses before the gateway sees them. */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

/** All that comes back until the connection ends, for bytes that are sent as they are. */
function raw(...pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece, 'latin1');
        await sleep(20);
      }
    })();
  });
}

interface Answer {
  head: string;
  body: { type?: string; request_id?: string; error: { code: string; message: string } };
}

async function answerTo(...pieces: readonly string[]): Promise<Answer> {
  const [head = '', body = ''] = (await raw(...pieces)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) as Answer['body'] };
}

const wide = `X-Wide: ${'x'.repeat(20 * 1024)}`;

describe('a request that Node cannot read', () => {
  it.each([
    ['a header name with a blank', 'GET /v1/models HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n'],
    ['a method that does not exist', 'FETCH /v1/models HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two lengths', 'POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    ['no HTTP at all', 'hello\r\n\r\n'],
  ])('is refused in JSON: %s', async (_name, bytes) => {
    const { head, body } = await answerTo(bytes);
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(head).toMatch(/^x-request-id: req_\w+$/m);
    expect(head).toMatch(/^content-type: application\/json$/m);
    expect(body.error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/^The request is not valid HTTP: \w/),
      details: { docs_url: expect.stringContaining('invalid_request') },
    });
  });

  it.each(['/v1/messages', '/messages?beta=true', '/t/client=acme/v1/messages'])(
    'is refused by Anthropic’s shape at %s',
    async (path) => {
      const { head, body } = await answerTo(`POST ${path} HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n`);
      expect(body).toMatchObject({ type: 'error', error: { type: 'invalid_request_error', code: 'invalid_request' } });
      expect(head).toContain(`request-id: ${body.request_id}`);
    },
  );

  it('is refused with the limit where its headers are too long, in one piece and in several', async () => {
    for (const pieces of [
      [`GET /v1/models HTTP/1.1\r\nHost: a\r\n${wide}\r\n\r\n`],
      [
        'GET /v1/models HTTP/1.1\r\nHost: a\r\n',
        ...Array.from({ length: 40 }, (_, i) => `X-${i}: ${'x'.repeat(1024)}\r\n`),
      ],
    ]) {
      const { head, body } = await answerTo(...pieces);
      expect(head).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
      expect(body.error).toMatchObject({
        code: 'request_too_large',
        message: 'The address and the headers of the request are over 16 KiB together. Send fewer or shorter ones.',
      });
    }
  });

  it('is refused behind a request that was answered on the same connection', async () => {
    const text = await raw('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 'nonsense\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain('"code":"invalid_request"');
  });

  it('is refused with Anthropic’s shape in its body too, and its end is not read', async () => {
    const body = JSON.stringify({ ...hello(), max_tokens: 10 });
    const head = `POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: ${liveKey}\r\nContent-Type: application/json`;
    const good = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const { head: answered, body: refused } = await answerTo(
      `${head}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'zz\r\n',
      good,
      `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answered).toMatch(/^x-should-retry: false$/m);
    expect(refused).toMatchObject({ type: 'error', error: { code: 'invalid_request' } });
    expect(gateway.fakes.anthropic.requests).toEqual([]);
  });

  it('costs nothing, and other calls go on', async () => {
    const body = JSON.stringify(hello());
    const head = `POST ${chat} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${liveKey}\r\nContent-Type: application/json`;
    const { body: refused } = await answerTo(`${head}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`);
    expect(refused.error.code).toBe('invalid_request');
    expect(gateway.fakes.openai.requests).toEqual([]);
    expect((await gateway.post(chat, hello())).status).toBe(200);
  });
});
