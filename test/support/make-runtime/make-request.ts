import { textOf } from './iml-functions.ts';
import { MakeError } from './make-error.ts';

/** A request with all its expressions evaluated. */
export interface MakeRequest {
  url: string;
  baseUrl?: string;
  encodeUrl?: boolean;
  method?: string;
  headers?: Record<string, unknown>;
  qs?: Record<string, unknown>;
  body?: unknown;
  type?: string;
  timeout?: number;
  followRedirect?: boolean;
  followRedirects?: boolean;
  followAllRedirect?: boolean;
  followAllRedirects?: boolean;
  log?: { sanitize?: string[] };
}

export interface MakeResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}

/** An exchange in Make's log, after `log.sanitize`. */
export interface LogEntry {
  request: { method: string; url: string; headers: Record<string, string>; body: unknown };
  response?: MakeResponse;
}

export interface Wire {
  log: LogEntry[];
  /** How long a second of Make's is: tests of time limits need not wait for them. */
  secondMs: number;
  /** Where names of the public internet lead in a test: `https://gateway.example.com` to a server of this machine. */
  hosts: Readonly<Record<string, string>>;
}

// DOCS is https://developers.make.com/custom-apps-documentation
const defaultTimeoutMs = 40_000;

export async function send(request: MakeRequest, wire: Wire): Promise<MakeResponse> {
  const method = (request.method ?? 'GET').toUpperCase();
  const url = urlOf(request);
  const { headers, body } = contentOf(request, method);
  const timeoutMs = ((request.timeout ?? defaultTimeoutMs) / 1000) * wire.secondMs;
  const follows = followsRedirects(request, method);
  const entry: LogEntry = { request: { method, url: url.href, headers, body: request.body } };
  wire.log.push(entry);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await exchange({ url, method, headers, body, follows, hosts: wire.hosts, signal });
    entry.response = structuredClone(response);
    return response;
  } catch (error) {
    throw new MakeError('ConnectionError', networkMessage(error, timeoutMs));
  } finally {
    sanitize(entry, request.log?.sanitize ?? []);
  }
}

/**
 * Make's pages write `followRedirect` and `followAllRedirect` ("Default: true. Follow HTTP 3xx responses as redirects", "Default:
 * true. Follow non-GET HTTP 3xx responses as redirects", DOCS/component-blocks/api/making-requests), its editor's schema
 * `followRedirects` and `followAllRedirects`. Which pair is read is not established, so it takes both to hold a redirect back.
 */
function followsRedirects(request: MakeRequest, method: string): boolean {
  const pair =
    method === 'GET'
      ? [request.followRedirect, request.followRedirects]
      : [request.followAllRedirect, request.followAllRedirects];
  return pair.some((follows) => follows !== false);
}

/** A path goes after the base URL, with its slashes single; an address with a host is used as it is. */
function urlOf({ url, baseUrl = '', encodeUrl = true, qs = {} }: MakeRequest): URL {
  const joined = url.startsWith('/') ? `${baseUrl}${url}` : url;
  // Encoded text would be encoded twice.
  const made = new URL(encodeUrl ? encoded(joined) : joined);
  made.pathname = made.pathname.replace(/\/{2,}/g, '/');
  for (const [name, value] of Object.entries(qs)) {
    if (value === undefined) continue;
    // "This will use a request to this URL: http://example.com?foo=foobar&hello=world&list=one&list=two&list=three".
    // DOCS/component-blocks/api/making-requests, "qs"
    if (Array.isArray(value)) for (const item of value) made.searchParams.append(name, textOf(item));
    else if (typeof value === 'object' && value !== null && !(value instanceof Date))
      throw new TypeError(`How Make would write the query's "${name}", a collection, is not established.`);
    else made.searchParams.append(name, textOf(value));
  }
  return made;
}

/** The brackets of an IPv6 host are no part of a path. */
function encoded(url: string): string {
  return encodeURI(url).replaceAll('%5B', '[').replaceAll('%5D', ']');
}

function contentOf({ headers = {}, body, type = 'json' }: MakeRequest, method: string) {
  const given = Object.entries(headers)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name.toLowerCase(), textOf(value)]);
  const written: Record<string, string> = Object.fromEntries(given);
  if (method === 'GET' || body === undefined || body === null) return { headers: written, body: undefined };
  if (type === 'json')
    return { headers: { 'content-type': 'application/json', ...written }, body: JSON.stringify(body) };
  if (type === 'text') return { headers: { 'content-type': 'text/plain', ...written }, body: textOf(body) };
  throw new TypeError(`Bodies of the type "${type}" are not known here.`);
}

interface Exchange {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  follows: boolean;
  hosts: Wire['hosts'];
  signal: AbortSignal;
}

/** Where redirects are followed everything goes along, the key too: an app must not rely on Make to hold it back. */
async function exchange({ url, ...request }: Exchange): Promise<MakeResponse> {
  const { method, headers, body, follows, hosts, signal } = request;
  const really = new URL(`${url.pathname}${url.search}`, hosts[url.origin] ?? url);
  const response = await fetch(really, { method, headers, body: body ?? null, redirect: 'manual', signal });
  const location = response.headers.get('location');
  if (follows && response.status >= 300 && response.status < 400 && location !== null)
    return exchange({ ...request, url: new URL(location, url) });
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: bodyOf(await response.text(), response.headers.get('content-type') ?? ''),
  };
}

function bodyOf(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  return contentType.includes('json') ? (JSON.parse(text) as unknown) : text;
}

function networkMessage(error: unknown, timeoutMs: number): string {
  if ((error as Error).name === 'TimeoutError') return `The operation timed out after ${timeoutMs} ms.`;
  const { cause } = error as { cause?: { message?: string } };
  return cause?.message ?? (error as Error).message;
}

/** Paths such as `request.headers.authorization`. */
function sanitize(entry: LogEntry, paths: readonly string[]): void {
  for (const path of paths) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let of: unknown = entry;
    for (const key of keys)
      of = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[key] : undefined;
    if (typeof of === 'object' && of !== null && last in of) (of as Record<string, unknown>)[last] = '[sanitized]';
  }
}
