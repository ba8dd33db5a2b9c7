import type { IncomingMessage } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';

const bodyBytesMax = 20 * 1024 * 1024;

/**
 * The whole body as it came, at most 20 MiB of uncompressed JSON. Callers are known before this is called: nobody
 * unknown makes the gateway hold 20 MiB.
 */
export function readBody(req: IncomingMessage): Promise<Buffer> {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new GatewayError(
      'unsupported_media_type',
      'Compressed request bodies are not taken. Send the JSON as it is, without Content-Encoding.',
      {
        param: 'content-encoding',
      },
    );
  }
  const type = req.headers['content-type'];
  if (type === undefined || !jsonType.test(type)) {
    throw new GatewayError(
      'unsupported_media_type',
      'Send the body as JSON, with the header "Content-Type: application/json".',
      {
        param: 'content-type',
      },
    );
  }
  if (Number(req.headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bodyBytesMax) {
        req.pause();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    req.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    );
    req.once('error', () => reject(cutShort()));
    req.once('close', () => {
      if (!req.complete) reject(cutShort());
    });
  });
}

/** `application/json`, with a charset of UTF-8 or none: JSON has no other. */
const jsonType = /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

function tooLarge(): GatewayError {
  return new GatewayError(
    'request_too_large',
    'The request body is over 20 MiB. Send smaller images, or fewer messages.',
  );
}

function cutShort(): GatewayError {
  return new GatewayError('invalid_request', 'The request body ended before it was complete.');
}
