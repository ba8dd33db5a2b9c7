import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { TextAnswer } from '../usage/text-answer.ts';

/**
 * Streams a text as it comes; a slow reader stops the making of more. A failure before the first piece is an error like any
 * other; a later one cuts the connection, so that half a file is never taken for a whole one.
 */
export async function sendText(
  res: ServerResponse,
  { answer, type, requestId }: { answer: TextAnswer; type: string; requestId: string },
): Promise<void> {
  const pieces = answer.text()[Symbol.asyncIterator]();
  let piece = await pieces.next();
  res.writeHead(200, {
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    // A page of ours runs nothing and loads nothing, whatever a name in it says.
    'content-security-policy': answer.policy ?? "default-src 'none'; style-src 'unsafe-inline'",
    ...(answer.filename === undefined ? {} : { 'content-disposition': `attachment; filename="${answer.filename}"` }),
  });
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  try {
    while (!piece.done && !res.destroyed) {
      if (!res.write(piece.value)) await once(res, 'drain', { signal: gone.signal }).catch(() => {});
      if (res.destroyed) break;
      piece = await pieces.next();
    }
  } finally {
    await pieces.return?.();
  }
  res.end();
}
