import type { IncomingMessage, ServerResponse } from 'node:http';

const lingerMs = 5_000;
const lingerBytesMax = 64 * 1024 * 1024;

/**
 * Sends a refusal before the request's body has been read, and reads on for a moment. A client that writes before it reads
 * (Python's `urllib` and `http.client`, most of `fetch`) would otherwise meet a closed connection with its bytes unread, which the
 * kernel answers with a reset, and never see the refusal. `res` has its head set, `connection: close` with it.
 */
export function endUnread(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  // With its length given the answer is whole for the client; only the connection is kept for a while.
  res.write(body);
  let bytes = 0;
  const end = (): void => {
    clearTimeout(timer);
    req.off('data', count);
    res.end();
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > lingerBytesMax) end();
  };
  const timer = setTimeout(end, lingerMs);
  timer.unref();
  req.on('data', count);
  req.once('end', end);
  req.once('close', end);
  req.resume();
}
