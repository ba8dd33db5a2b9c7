import { maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError, toErrorBody } from '@ai-gateway/shared/errors';
import { newId } from '../accounts/new-id.ts';
import { messages } from '../dialects/messages.ts';
import { plainPath, speaksAnthropic } from './plain-path.ts';

/** What Node says of a request that it cannot read (https://nodejs.org/api/http.html#event-clienterror). */
interface Unreadable extends Error {
  code?: string;
  /** In words: `Invalid header value char`. */
  reason?: string;
  /** The bytes that came last. */
  rawPacket?: Buffer;
}

/** What comes after the answer is read for so long, so that the client is not cut off before it has read the answer. */
const patienceMs = 1_000;

/**
 * Answers in JSON, and in the caller's dialect, a request that Node's parser refuses: by itself Node sends a status line alone, of which
 * SDKs make "431 status code (no body)". A connection whose answer has begun is cut, as Node does.
 */
export function refuseUnreadable(server: Server, now: () => number): void {
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (fault: Unreadable, socket: Duplex) => {
    // Whatever else comes over the connection is unreadable too.
    if (refused.has(socket)) return;
    const { _httpMessage: begun } = socket as { _httpMessage?: ServerResponse };
    if (!socket.writable || fault.code === 'ECONNRESET' || begun?.headersSent === true) {
      socket.destroy(fault);
      return;
    }
    refused.add(socket);
    socket.end(answerTo(fault, newId('req', now())));
    setTimeout(() => socket.destroy(), patienceMs).unref();
  });
}

function answerTo(fault: Unreadable, requestId: string): string {
  const error = errorOf(fault);
  const anthropic = speaksAnthropic(pathIn(fault.rawPacket));
  const body = JSON.stringify(anthropic ? messages.error(error, requestId) : toErrorBody(error));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(anthropic ? [`request-id: ${requestId}`] : []),
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** The statuses are Node's own. */
function errorOf({ code, reason }: Unreadable): GatewayError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        'request_too_large',
        `The headers of the request are over ${maxHeaderSize / 1024} KiB together. Send fewer or shorter ones.`,
        { status: 431 },
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new GatewayError('request_too_large', 'The extensions of a chunk are over 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('invalid_request', 'The request did not arrive in time. Send it again.', { status: 408 });
    default:
      return new GatewayError('invalid_request', `The request is not valid HTTP${reason ? `: ${reason}` : ''}.`);
  }
}

/** Of a request whose head came in one piece. */
function pathIn(bytes: Buffer | undefined): string {
  const [, target = ''] = /^[A-Z]+ ([^\s?]+)/.exec(bytes?.toString('latin1', 0, 200) ?? '') ?? [];
  return plainPath(target);
}
