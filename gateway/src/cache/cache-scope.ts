import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { CacheDirective } from './cache-directive.ts';

/**
 * The calls whose answers a call may get, as a text that is part of the key. A call with a client tag shares answers with that client's calls, unless
 * it asks otherwise. Everything that a key is locked to is in it, and a key that is locked to a client has no other scope. Throws
 * `tag_forbidden` where such a key asks for one.
 */
export function scopeOf(
  { scope, isOwnScope }: Pick<CacheDirective, 'scope' | 'isOwnScope'>,
  { keyId, lockedTags, tags: keyTags }: Pick<Caller, 'keyId' | 'lockedTags' | 'tags'>,
  { client }: CallTags,
): string {
  const byDefault = client === undefined ? 'workspace' : 'client';
  const allowed = scopesFor(lockedTags);
  const wanted = scope ?? byDefault;
  const isAllowed = allowed === undefined || allowed.includes(wanted) || scope === undefined;
  if (!isAllowed && isOwnScope)
    throw new GatewayError(
      'tag_forbidden',
      `This key is locked to its ${lockedTags.join(', ')} and shares no answers beyond that. Leave \`scope\` out.`,
      { param: 'scope' },
    );
  const held = isAllowed ? wanted : byDefault;
  // A client's lock is in the scope already.
  const locks = lockedTags
    .filter((name) => name !== 'client_id' || held !== 'client')
    .map((name) => [name, keyTags[name]]);
  const value = held === 'client' ? (client ?? null) : held === 'key' ? keyId : null;
  return JSON.stringify([held, value, ...locks]);
}

/** Undefined: any. */
function scopesFor(lockedTags: Caller['lockedTags']): readonly string[] | undefined {
  if (lockedTags.length === 0) return undefined;
  return lockedTags.includes('client_id') ? ['client'] : ['client', 'key'];
}
