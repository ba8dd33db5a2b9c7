import { type Client, createClient } from '@ai-gateway/shared/client';
import { refuseRedirect } from '@ai-gateway/shared/steps/connection-check';
import type { Transport } from '@ai-gateway/shared/transport';
import type { BeforeRequestMiddleware, Bundle, HttpRequestOptions, ZObject } from 'zapier-platform-core';

/** A step of a Zap may take 30 seconds; five of them are left for the way to Zapier and back. */
export const inlineTimeoutMs = 25_000;

export interface Settings {
  timeoutMs: number;
}

/** The typed client, over Zapier's own HTTP: all its requests together take no longer than a step may. */
export function gatewayOf(z: ZObject, { authData }: Bundle, { timeoutMs }: Settings): Client {
  return createClient({
    baseUrl: String(authData.base_url ?? ''),
    transport: zapierTransport(z, { deadlineMs: Date.now() + timeoutMs }),
  });
}

/** The two switches Zapier has and its types lack. */
interface RequestOptions extends HttpRequestOptions {
  url: string;
  /** Off, or a prompt with `{{bundle.…}}` in it is refused. */
  merge: false;
  /** Off, or Zapier reads every 429 itself. */
  throwForThrottlingEarly: false;
}

function zapierTransport(z: ZObject, { deadlineMs }: { deadlineMs: number }): Transport {
  return async ({ method, url, headers, body }) => {
    const options: RequestOptions = {
      method: method as NonNullable<HttpRequestOptions['method']>,
      url,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
      merge: false,
      throwForThrottlingEarly: false,
      skipThrowForStatus: true,
      // A redirect would take the key to another host.
      redirect: 'manual',
      timeout: Math.max(1, deadlineMs - Date.now()),
    };
    const response = await z.request(options);
    refuseRedirect(response.status, response.getHeader('location'), 'zapier');
    return { status: response.status, headers: Object.fromEntries(response.headers), body: response.content };
  };
}

/** Signs what goes to the connected gateway, and nothing else. A raw request loads a file, whose address anybody may have written. */
export const signRequest: BeforeRequestMiddleware = (request, _z, { authData }) => {
  const { base_url = '', api_key = '' } = authData ?? {};
  if (api_key === '' || request.raw === true || !isSameOrigin(request.url, base_url)) return request;
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${api_key.trim()}` } };
};

/** A base URL that is none (Zapier renders requests with placeholders) is compared letter by letter. */
export function isSameOrigin(url: string, baseUrl: string): boolean {
  const base = baseUrl.trim();
  return URL.canParse(base) && URL.canParse(url)
    ? new URL(url).origin === new URL(base).origin
    : base !== '' && url.startsWith(base);
}
