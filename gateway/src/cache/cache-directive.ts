import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';

type CacheScope = 'client' | 'workspace' | 'key';

/** As keys, rules, prompts and bodies have it. */
export interface CacheSetting {
  ttl_seconds: number;
  scope?: CacheScope | undefined;
  /** The caller's own key, in the place of the body. */
  key?: string | undefined;
}

/** The wishes of a call for the cache, put together from all who may say so. */
export interface CacheDirective {
  /** How long a new answer is kept, and how old a kept one may be. Undefined: nothing is kept, and any age will do. */
  ttlSeconds: number | undefined;
  scope: CacheScope | undefined;
  /** Did the call itself ask for the scope, and not a rule or a setting? */
  isOwnScope: boolean;
  key: string | undefined;
  /** Nothing is looked up; the new answer takes the place of the old one. */
  refresh: boolean;
  noStore: boolean;
  /** An answer from the cache, or none. */
  only: boolean;
}

/** The call asks for the cache, and a rule forbids it. */
export interface Forbidden {
  forbidden: true;
  /** Then no model may answer the call either. */
  only: boolean;
}

/** The places that may turn the cache on, strongest first. A rule that says `none` is stronger than all. */
export interface CacheSources {
  /** `X-Gateway-Cache` */
  header: string | undefined;
  /** `response_cache` of the body. */
  body: unknown;
  rule: CacheSetting | 'none' | undefined;
  /** `response_cache` of the prompt, as nobody has read it yet. */
  prompt: unknown;
  key: CacheSetting | undefined;
}

const ttlMax = 30 * 86_400;
const keyMax = 200;
const scopes: readonly CacheScope[] = ['client', 'workspace', 'key'];

/** Undefined: the call has nothing to do with the cache. Throws `invalid_request` for what cannot be read. */
export function readDirective({
  header,
  body,
  rule,
  prompt,
  key,
}: CacheSources): CacheDirective | Forbidden | undefined {
  const said = header === undefined ? undefined : readHeader(header);
  const own = readGiven(body);
  if (said === 'none') return undefined;
  if (rule === 'none')
    return said === undefined && own === undefined ? undefined : { forbidden: true, only: said?.only === true };
  const settings = [said, own, rule, readGiven(prompt), key].filter((one) => one !== undefined);
  if (settings.length === 0) return undefined;
  const asked = said?.scope ?? own?.scope;
  const directive = {
    ttlSeconds: first(settings, 'ttl_seconds'),
    scope: first(settings, 'scope'),
    isOwnScope: asked !== undefined,
    key: first(settings, 'key'),
    refresh: said?.refresh === true,
    noStore: said?.noStore === true,
    only: said?.only === true,
  };
  if (directive.ttlSeconds === undefined && !directive.only && !directive.noStore)
    throw wrong('needs ttl, the seconds that an answer is kept: ttl=3600.', headerName);
  return directive;
}

function first<Name extends keyof CacheSetting>(
  settings: readonly Partial<CacheSetting>[],
  name: Name,
): CacheSetting[Name] | undefined {
  return settings.find((one) => one[name] !== undefined)?.[name];
}

type Said = Partial<CacheSetting> & { refresh: boolean; noStore: boolean; only: boolean };

const headerName = 'x-gateway-cache';

/** `ttl=3600, scope=client, key=faq-7, refresh | no-store | only`, or `none`. */
function readHeader(text: string): Said | 'none' {
  if (text.trim().toLowerCase() === 'none') return 'none';
  const said: Said = { refresh: false, noStore: false, only: false };
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
    const value = at < 0 ? undefined : part.slice(at + 1).trim();
    if (seen.has(name)) throw wrong(`names "${shown(name)}" twice.`, headerName);
    seen.add(name);
    take(said, name, value);
  }
  if (said.only && (said.refresh || said.noStore))
    throw wrong('asks for an answer that is kept only, and for a new one. Leave one of them out.', headerName);
  return said;
}

function take(said: Said, name: string, value: string | undefined): void {
  const isFlag = name === 'refresh' || name === 'no-store' || name === 'only';
  if (isFlag && value !== undefined) throw wrong(`has a value for "${name}", which has none.`, headerName);
  if (name === 'refresh') said.refresh = true;
  else if (name === 'no-store') said.noStore = true;
  else if (name === 'only') said.only = true;
  else if (name === 'ttl')
    said.ttl_seconds = readTtl(/^\d{1,9}$/.test(value ?? '') ? Number(value) : value, headerName);
  else if (name === 'scope') said.scope = readScope(value, headerName);
  else if (name === 'key') said.key = readKey(value, headerName);
  else
    throw wrong(
      `does not know "${shown(name)}". It takes ttl, scope, key, refresh, no-store, only and none.`,
      headerName,
    );
}

function readGiven(setting: unknown): CacheSetting | undefined {
  return setting === undefined || setting === null ? undefined : readBody(setting);
}

const fields = ['ttl_seconds', 'scope', 'key'];

function readBody(body: unknown): CacheSetting {
  if (!isRecord(body)) throw wrong('must be an object such as {"ttl_seconds": 3600}.', 'response_cache');
  const unknown = Object.keys(body).find((name) => !fields.includes(name));
  if (unknown !== undefined)
    throw wrong(
      `does not know "${shown(unknown)}". It takes ttl_seconds, scope and key.`,
      `response_cache.${shown(unknown)}`,
    );
  const { scope, key } = body;
  return {
    ttl_seconds: readTtl(body.ttl_seconds, 'response_cache.ttl_seconds'),
    scope: scope === undefined || scope === null ? undefined : readScope(scope, 'response_cache.scope'),
    key: key === undefined || key === null ? undefined : readKey(key, 'response_cache.key'),
  };
}

function readTtl(value: unknown, param: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= ttlMax) return value;
  throw wrong(`takes whole seconds from 1 to ${ttlMax}, which is 30 days.`, param);
}

function readScope(value: unknown, param: string): CacheScope {
  const scope = scopes.find((one) => one === value);
  if (scope !== undefined) return scope;
  throw wrong('takes one of client, workspace and key for the scope.', param);
}

function readKey(value: unknown, param: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= keyMax) return value;
  throw wrong(`takes a key of 1 to ${keyMax} characters.`, param);
}

function wrong(what: string, param: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${what}`, { param });
}

function shown(text: string): string {
  return text.slice(0, 60);
}
