import { Webhook } from 'standardwebhooks';
import { urlFault } from '../http-pools/address.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';

export interface PostPorts {
  now: () => number;
  allowPrivateNetwork: boolean;
  httpPools: HttpPools;
}

const answerMs = 15_000;

/**
 * Posts JSON as Standard Webhooks have it, unsigned where there is no secret. Resolves with the receiver's status; rejects
 * where there was none (refused, a private address, too slow).
 */
export async function postSigned(
  services: PostPorts,
  { url, id, body, secret, headers = {} }: SignedPost,
): Promise<number> {
  // A literal address is looked at here too: what was allowed when it was stored may not be any more.
  if (urlFault(url, services.allowPrivateNetwork) !== undefined)
    throw Object.assign(new Error('private address'), { code: 'EPRIVATE' });
  const sentAt = new Date(services.now());
  const signature =
    secret === undefined
      ? {}
      : {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
          'webhook-signature': new Webhook(secret).sign(id, sentAt, body),
        };
  const answer = await services.httpPools.pool(url.origin, false).request({
    method: 'POST',
    path: url.pathname + url.search,
    headers: { 'content-type': 'application/json', 'user-agent': 'ai-gateway', ...signature, ...headers },
    body,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    signal: AbortSignal.timeout(answerMs),
  });
  // The body of a receiver's answer is of no interest, however long it is.
  answer.body.on('error', () => {});
  answer.body.destroy();
  return answer.statusCode;
}

interface SignedPost {
  url: URL;
  /** Of what is told: the receiver knows a second delivery by it. */
  id: string;
  body: string;
  secret?: string;
  headers?: Record<string, string>;
}
