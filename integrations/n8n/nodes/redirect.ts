import { GatewayError } from '@ai-gateway/shared/errors';

/** A redirect is not followed, since it would take the key to another host; the person is told where it leads. */
export function refuseRedirect(status: number, location: string | undefined): void {
  if (status < 300 || status > 399) return;
  throw new GatewayError(
    'not_found',
    `The base URL redirects to ${location ?? 'another address'}. If that is your gateway, enter it in the credential: the key is not sent along a redirect.`,
    { param: 'baseUrl' },
  );
}
