import { GatewayError } from '@ai-gateway/shared/errors';
import { urlFault } from './address.ts';

export interface GivenUrl {
  text: string;
  /** The field it was given in. */
  param: string;
  allowPrivateNetwork: boolean;
}

/** A URL that somebody asks the gateway to call. Throws `invalid_request`. */
export function readUrl({ text, param, allowPrivateNetwork }: GivenUrl): URL {
  if (text.length > 2_000) throw badUrl(param, 'must have at most 2000 characters');
  if (!URL.canParse(text)) throw badUrl(param, 'must be a URL');
  const url = new URL(text);
  const fault = urlFault(url, allowPrivateNetwork);
  if (fault !== undefined) throw badUrl(param, fault);
  return url;
}

/** The base URL of paths, without a slash at its end. */
export function readBaseUrl(given: GivenUrl): string {
  const url = readUrl(given);
  if (url.search !== '' || url.hash !== '') throw badUrl(given.param, 'must not contain a query or a fragment');
  return url.href.replace(/\/+$/, '');
}

export function badUrl(param: string, why: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${why}.`, { param });
}
