import type { RequestListener } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import { installationHeader } from '../accounts/installation-id.ts';
import { newId } from '../accounts/new-id.ts';
import { endpointOf, speaksAnthropic } from './plain-path.ts';
import { sendError } from './send-error.ts';

/** Answers from the moment the port is open until everything is ready. */
export function answerWhileStarting({
  now,
  log,
  installation,
}: {
  now: () => number;
  log: Logger;
  installation: string;
}): RequestListener {
  return (req, res) => {
    const path = endpointOf(req.url ?? '');
    if (path === '/healthz')
      res
        .setHeader('content-type', 'text/plain; charset=utf-8')
        .setHeader(installationHeader, installation)
        .end('ok\n');
    else
      sendError(res, {
        error: new GatewayError('service_unavailable', 'This gateway is starting. Try again in a moment.', {
          retryAfterSeconds: 2,
        }),
        requestId: newId('req', now()),
        log,
        anthropic: speaksAnthropic(path),
      });
  };
}
