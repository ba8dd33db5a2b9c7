import { maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError, toErrorBody } from '@ai-gateway/shared/errors';
import { newId } from '../accounts/new-id.ts';
import { messages } from '../dialects/messages.ts';
import { endpointOf, speaksAnthropic } from './plain-path.ts';

/** What Node says of a request that it cannot read (https://nodejs.org/api/http.html#event-clienterror). */
interface Unreadable extends Error {
  code?: string;
  /** In words: `Invalid header value char`. */
  reason?: string;
  /** The bytes that came last. */
  rawPacket?: Buffer;
}

/** What comes after the answer is dropped for so long: a connection that is closed with bytes unread may lose its answer. */
const patienceMs = 1_000;

/**
 * Answers in JSON, and in the caller's dialect, a request that Node's parser refuses: by itself Node sends a status line alone, of which
 * SDKs make "431 status code (no body)". A connection on which another answer is due or has begun is cut, as Node does.
 */
export function refuseUnreadable(server: Server, now: () => number): void {
  server.on('clientError', (fault: Unreadable, socket: Duplex) => {
    const { _httpMessage: due } = socket as { _httpMessage?: ServerResponse | null };
    const isAnswers = due?.headersSent === true || due?.req.complete === true;
    if (!socket.writable || fault.code === 'ECONNRESET' || isAnswers) {
      socket.destroy(fault);
      return;
    }
    // The parser reads no more: a body that arrives after all would still be called and paid.
    socket.removeAllListeners('data');
    socket.on('data', () => {});
    socket.end(answerTo(fault, { path: due?.req.url ?? pathIn(fault.rawPacket), requestId: newId('req', now()) }));
    setTimeout(() => socket.destroy(), patienceMs).unref();
  });
}

function answerTo(fault: Unreadable, { path, requestId }: { path: string; requestId: string }): string {
  const error = errorOf(fault);
  const anthropic = speaksAnthropic(endpointOf(path));
  const body = JSON.stringify(anthropic ? messages.error(error, requestId) : toErrorBody(error));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(anthropic ? [`request-id: ${requestId}`] : []),
    // The vendors' SDKs obey it before they look at the status. A request that came too late has not run.
    `x-should-retry: ${error.status === 408}`,
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
        `The address and the headers of the request are over ${maxHeaderSize / 1024} KiB together. Send fewer or shorter ones.`,
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

/** Of a request whose head came in one piece; of another one the path is not known any more. */
function pathIn(bytes: Buffer | undefined): string {
  const [, target = ''] = /^[A-Z]+ (\S+)/.exec(bytes?.toString('latin1', 0, 200) ?? '') ?? [];
  return target;
}
