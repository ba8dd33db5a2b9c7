import type { IncomingMessage } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';

/**
 * Refuses what Node lets through and no honest client sends: a second Host header and an absolute-form target (both are
 * ways to make two machines read one request differently), and a Host with a path in it.
 */
export function guardRequest(req: Pick<IncomingMessage, 'url' | 'rawHeaders'>): void {
  if (req.url === undefined || req.url.charCodeAt(0) !== 47) {
    throw new GatewayError('invalid_request', 'The request target must be a path that begins with "/".', {
      param: 'path',
    });
  }
  let hosts = 0;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    hosts += 1;
    if (/[/\\@?#\s]/.test(req.rawHeaders[i + 1] ?? ''))
      throw new GatewayError('invalid_request', 'The Host header is not a host.', { param: 'host' });
  }
  if (hosts > 1) throw new GatewayError('invalid_request', 'The request has two Host headers.', { param: 'host' });
}
