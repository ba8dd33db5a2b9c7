import type { IncomingMessage } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { BodyRoom } from './body-shares.ts';

const bodyBytesMax = 20 * 1024 * 1024;

/**
 * The whole body as it came, at most 20 MiB of uncompressed JSON. Callers are known before this is called: nobody
 * unknown makes the gateway hold 20 MiB. `room` is asked before bytes are kept, and by the length a caller announces first.
 */
export function readBody(
  req: IncomingMessage,
  room: BodyRoom,
  { bytesMax = bodyBytesMax, type }: { bytesMax?: number; type?: string } = {},
): Promise<Buffer> {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new GatewayError(
      'unsupported_media_type',
      'Compressed request bodies are not accepted. Send the JSON as it is, without Content-Encoding.',
      {
        param: 'content-encoding',
      },
    );
  }
  if (!isJson(req.headers['content-type']?.replace(type ?? 'application/json', 'application/json'))) {
    throw new GatewayError(
      'unsupported_media_type',
      'Send the body as JSON, with the header "Content-Type: application/json".',
      {
        param: 'content-type',
      },
    );
  }
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > bytesMax) throw tooLarge(bytesMax);
  room.grow(announced);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > bytesMax) throw tooLarge(bytesMax);
        room.grow(size);
        chunks.push(chunk);
      } catch (error) {
        req.off('data', take);
        req.pause();
        chunks.length = 0;
        reject(error);
      }
    };
    req.on('data', take);
    req.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    );
    req.once('error', () => reject(cutShort()));
    req.once('close', () => {
      if (!req.complete) reject(cutShort());
    });
  });
}

/** `application/json`, with a charset of UTF-8 or none: JSON has no other. Nobody honest says it in over 200 characters. */
function isJson(header: string | undefined): boolean {
  if (header === undefined || header.length > typeCharactersMax) return false;
  if (header === 'application/json') return true;
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.filter((part) => part !== '');
  return type === 'application/json' && given.length <= 1 && given.every((part) => charset.test(part));
}

const typeCharactersMax = 200;
const charset = /^charset\s*=\s*"?utf-?8"?$/;

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError(
    'request_too_large',
    bytesMax === bodyBytesMax
      ? 'The request body is over 20 MiB. Send smaller images, or fewer messages.'
      : `The request body is over ${bytesMax / 1024 / 1024} MiB. Split it into several requests.`,
  );
}

function cutShort(): GatewayError {
  return new GatewayError('invalid_request', 'The request body ended before it was complete.');
}
