import type { IncomingMessage } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import { twoKeys } from './authenticate.ts';

/**
 * Refuses what Node lets through and no honest client sends: a second Host header, another second Authorization header and an
 * absolute-form target (all are ways to make two machines read one request differently), and a Host with a path in it.
 */
export function rejectSmuggling(req: Pick<IncomingMessage, 'url' | 'rawHeaders'>): void {
  if (req.url === undefined || req.url.charCodeAt(0) !== 47) {
    throw new GatewayError('invalid_request', 'The request target must be a path that begins with "/".', {
      param: 'path',
    });
  }
  let hosts = 0;
  let authorization: string | undefined;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') {
      const value = req.rawHeaders[i + 1];
      if (authorization !== undefined && authorization !== value) throw twoKeys();
      authorization = value;
    }
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    hosts += 1;
    if (/[/\\@?#\s]/.test(req.rawHeaders[i + 1] ?? ''))
      throw new GatewayError('invalid_request', 'The Host header is not a host.', { param: 'host' });
  }
  if (hosts > 1) throw new GatewayError('invalid_request', 'The request has two Host headers.', { param: 'host' });
}
