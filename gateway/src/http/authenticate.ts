import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import { type Caller, hashText, looksLikeKey } from '../accounts/api-key.ts';
import { findCaller, noteUse } from '../accounts/key-store.ts';
import { RecentMap } from '../db/recent-map.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';

const rememberMs = 60_000;
const remembered = 40_000;

/**
 * Key to caller, remembered in memory and forgotten as soon as the database says that keys have changed. Unknown keys are
 * never remembered: a key works from the moment it is made.
 */
export class Authenticator {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #callers = new RecentMap<KnownCaller>({ most: remembered });
  /** Counts what was forgotten: an answer read before a key was revoked must not be remembered after. */
  #forgotten = 0;

  constructor(options: { db: Db; now: () => number }) {
    this.#db = options.db;
    this.#now = options.now;
  }

  /** Throws `invalid_api_key`, with one text for missing, unknown, expired and revoked ones apart from "missing". */
  authenticate(headers: IncomingHttpHeaders): Caller | Promise<Caller> {
    const key = keyOf(headers);
    if (key === undefined) throw noKey(headers);
    if (!looksLikeKey(key)) throw badKey(key);
    const name = hashText(key);
    const known = this.#callers.get(name);
    const now = this.#now();
    if (known !== undefined && isCurrent(known.until, now)) {
      known.usedAtMs = now;
      return current(known.caller, now);
    }
    return this.#lookUp(name);
  }

  /** One key, or everything: after a lost connection nobody knows what was missed. */
  forget(keyId?: string): void {
    this.#forgotten += 1;
    if (keyId === undefined) this.#callers.clear();
    for (const [name, { caller }] of this.#callers) if (caller.keyId === keyId) this.#callers.delete(name);
  }

  /** Writes down when keys were last used: those used since the last time. */
  async noteUses(): Promise<void> {
    const used = [...this.#callers].map(([, known]) => known).filter(({ usedAtMs, notedAtMs }) => usedAtMs > notedAtMs);
    if (used.length === 0) return;
    const uses = used.map(({ caller, usedAtMs }) => ({
      workspaceId: caller.workspaceId,
      id: caller.keyId,
      atMs: usedAtMs,
    }));
    await noteUse(this.#db, latestOf(uses));
    for (const [n, one] of used.entries()) one.notedAtMs = uses[n]?.atMs ?? 0;
  }

  forgetWorkspace(workspaceId: string): void {
    this.#forgotten += 1;
    for (const [name, { caller }] of this.#callers) if (caller.workspaceId === workspaceId) this.#callers.delete(name);
  }

  async #lookUp(name: string): Promise<Caller> {
    const forgotten = this.#forgotten;
    let caller: Caller | undefined;
    try {
      caller = await findCaller(this.#db, Buffer.from(name, 'base64'));
    } catch {
      throw databaseAway();
    }
    if (caller === undefined) throw badKey();
    const now = this.#now();
    current(caller, now);
    if (forgotten !== this.#forgotten) return caller;
    this.#callers.set(name, { caller, until: now + rememberMs, usedAtMs: now, notedAtMs: 0 });
    return caller;
  }
}

/** More than a minute is left only after a clock was set back. */
function isCurrent(until: number, now: number): boolean {
  return until > now && until - now <= rememberMs;
}

interface KnownCaller {
  caller: Caller;
  until: number;
  usedAtMs: number;
  /** Of the last use that is written down. */
  notedAtMs: number;
}

/** A key has two texts for a while after it was rolled. */
function latestOf<Use extends { id: string; atMs: number }>(uses: readonly Use[]): Use[] {
  const latest = new Map<string, Use>();
  for (const use of uses) if (use.atMs > (latest.get(use.id)?.atMs ?? 0)) latest.set(use.id, use);
  return [...latest.values()];
}

function current(caller: Caller, now: number): Caller {
  if (caller.expiresAt !== undefined && caller.expiresAt.getTime() <= now) throw badKey();
  return caller;
}

/**
 * OpenAI's own words. LiteLLM's SDK tells a wrong key from a bad request by them alone, since OpenAI gives both the type
 * `invalid_request_error` (BerriAI/litellm, exception mapping).
 */
export const wrongKey = 'Incorrect API key provided';

/** Two keys that differ are refused: which of them counts must not be a guess. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
  const header = headers['x-api-key'];
  const plain = typeof header === 'string' && header.trim() !== '' ? header.trim() : undefined;
  if (bearer !== undefined && plain !== undefined && bearer !== plain) throw twoKeys();
  return bearer ?? plain;
}

export function twoKeys(): GatewayError {
  return new GatewayError('invalid_api_key', `${wrongKey}: the request has two different keys. Send one.`);
}

/** A header without "Bearer" is there all the same: "has none" would send its writer to the wrong place. */
function noKey({ authorization }: IncomingHttpHeaders): GatewayError {
  return new GatewayError(
    'invalid_api_key',
    authorization === undefined || authorization.trim() === ''
      ? `${wrongKey}: the request has none. Send "Authorization: Bearer gw_live_…" (or gw_test_…), or an x-api-key header.`
      : `${wrongKey}: the Authorization header is not understood. It begins with "Bearer ", and the key follows: "Authorization: Bearer gw_live_…" (or gw_test_…).`,
  );
}

/** `foreign`: a text that cannot be a key of this gateway, such as a vendor's key. It is not repeated. */
function badKey(foreign?: string): GatewayError {
  const isForeign = foreign !== undefined && !foreign.startsWith('gw_');
  return new GatewayError(
    'invalid_api_key',
    isForeign
      ? `${wrongKey}. It is not a key of this gateway: those begin with gw_live_ or gw_test_. Providers' own keys stay with the gateway.`
      : `${wrongKey}. It is mistyped, expired or revoked. Check it, or create a new key.`,
  );
}
