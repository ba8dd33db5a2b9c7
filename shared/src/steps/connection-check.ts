import type { OutputOf } from '../contract.ts';
import { GatewayError } from '../errors.ts';
import { connectionForm } from './connection-form.ts';
import type { Platform } from './platform-exceptions.ts';

/*
 * The findings of a connection's test, and the words for them: the same on every platform, but for the name of the field with the
 * address.
 *
 * ```ts
 * import { createClient } from '@ai-gateway/shared/client';
 * import { connectionText, diagnose } from '@ai-gateway/shared/steps/connection-check';
 *
 * const url = 'https://gateway.example.com';
 * const client = createClient({ baseUrl: url, apiKey: 'gw_test_…' });
 * const warnings = diagnose(await client.call('me.get', {}), { platform: 'n8n', url }); // throws if the connection does not work
 * connectionText('no_key', { platform: 'n8n' }); // 'Paste the API key of the gateway: gw_live_… or gw_test_….'
 * ```
 */

const texts = {
  no_key: 'Paste the API key of the gateway: gw_live_… or gw_test_….',
  not_the_gateway: 'Something answers at {url}, but it isn’t an AI Gateway. Check the {address}.',
  no_provider:
    'The gateway is up and knows this key, but it has no provider. Give it an API key of a provider such as OpenAI, Anthropic, Gemini or Mistral.',
  key_refused: 'The gateway answers, but it does not accept this key: {message}',
  redirected:
    'The {address} redirects to {url}. If that is your gateway, enter it in the connection: the key is not sent along a redirect.',
  // Warnings about a connection that works: parts of its name, or sentences of their own.
  not_encrypted: 'not encrypted: use https',
  all_cooling_down: 'every provider failed recently and is cooling down',
  account_refused: '{providers} refused the gateway’s account: check its API key and credit',
  // Why a request never arrived, by the code of the network.
  ECONNREFUSED: 'Nothing listens at the {address}. Is the gateway running?',
  ENOTFOUND: 'The host name in the {address} was not found.',
  EAI_AGAIN: 'The host name in the {address} could not be looked up.',
  EHOSTUNREACH: 'The host in the {address} is unreachable.',
  ECONNRESET: 'The gateway closed the connection before it answered.',
  ECONNABORTED: 'The gateway took longer than the timeout of this step.',
  ETIMEDOUT: 'The gateway could not be reached in time.',
  ERR_CANCELED: 'The step was stopped before the gateway answered.',
  CERT_HAS_EXPIRED: 'The certificate of the gateway has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the gateway is self-signed, and this platform does not accept it.',
  unreachable: 'The gateway could not be reached.',
};

export type ConnectionFinding = keyof typeof texts;
export type ConnectionWarning = 'not_encrypted' | 'all_cooling_down' | 'account_refused';

/** The name of the field with the gateway's address, inside a sentence. */
function addressName(platform: Platform): string {
  const { label } = connectionForm(platform).address;
  return `${label.slice(0, 1).toLowerCase()}${label.slice(1)}`;
}

export function connectionText(
  finding: ConnectionFinding,
  { platform, ...values }: { platform: Platform; url?: string; message?: string; providers?: string },
): string {
  const said: Readonly<Record<string, string>> = { address: addressName(platform), ...values };
  return texts[finding].replaceAll(/\{(\w+)\}/g, (whole, name: string) => said[name] ?? whole);
}

/** The network's codes that people read a sentence for. */
export const networkCodes: readonly string[] = Object.keys(texts).filter((name) => /^[A-Z_]+$/.test(name));

/** Why a request never arrived; `code` is the network's, or anything else where that is not known. */
export function unreachableText(code: string, platform: Platform): string {
  return connectionText(networkCodes.includes(code) ? (code as ConnectionFinding) : 'unreachable', { platform });
}

/** The warnings about a connection that works. Throws if it does not: the answer is typed, but any JSON may be at a wrong address. */
export function diagnose(
  me: OutputOf<'me.get'>,
  { platform, url }: { platform: Platform; url: string },
): { code: ConnectionWarning; text: string }[] {
  if (me?.workspace?.id === undefined || !Array.isArray(me.providers)) throw notTheGateway(platform, url);
  if (me.providers.length === 0)
    throw new GatewayError('no_provider_available', connectionText('no_provider', { platform }), {
      param: 'providers',
    });
  const refused = me.providers.filter(({ status }) => status === 'refused').map(({ id }) => id);
  const found: ConnectionWarning[] = [
    ...(isOpenToAll(url) ? (['not_encrypted'] as const) : []),
    ...(me.providers.every(({ status }) => status === 'resting') ? (['all_cooling_down'] as const) : []),
    ...(refused.length > 0 ? (['account_refused'] as const) : []),
  ];
  return found.map((code) => ({ code, text: connectionText(code, { platform, providers: refused.join(', ') }) }));
}

function notTheGateway(platform: Platform, url: string): GatewayError {
  return new GatewayError('not_found', connectionText('not_the_gateway', { platform, url: url.trim() }), {
    param: 'baseUrl',
  });
}

/** Fields that only this side names. */
const ownParams: ReadonlySet<string | undefined> = new Set(['baseUrl', 'apiKey', 'providers']);

/** A refusal in the words of the test. One of ours names a field, one of the gateway's has a request id; any other came from elsewhere. */
export function complaint(error: GatewayError, { platform, url }: { platform: Platform; url: string }): string {
  if (ownParams.has(error.param)) return error.message;
  if (error.requestId === undefined) return notTheGateway(platform, url).message;
  return error.code === 'invalid_api_key'
    ? connectionText('key_refused', { platform, message: error.message })
    : error.message;
}

/** A redirect is not followed, since it would take the key to another host; people read where it leads. */
export function refuseRedirect(status: number, location: string | undefined, platform: Platform): void {
  if (status < 300 || status > 399) return;
  const url = location ?? 'another address';
  throw new GatewayError('not_found', connectionText('redirected', { platform, url }), { param: 'baseUrl' });
}

/**
 * Plain http to anything but this machine, a private network, or a name without a dot (a container's): others on the way could
 * read the key. A pattern, since n8n's forms show a notice by one and Make's IML replaces by one; without backslashes, which IML's
 * strings may take for escapes.
 */
export const openAddress =
  '^ *[Hh][Tt][Tt][Pp]:[/][/](?!(127[.][0-9.]+|10[.][0-9.]+|192[.]168[.][0-9.]+|172[.](1[6-9]|2[0-9]|3[01])[.][0-9.]+|[[](::1|[fF][cCdD][0-9a-fA-F:]*|[fF][eE]80[0-9a-fA-F:%]*).|(?![0-9]+(:|[/]|$)|0[xX])[^./:[]+)(:|[/]|$))';

export function isOpenToAll(url: string): boolean {
  return new RegExp(openAddress).test(url);
}
