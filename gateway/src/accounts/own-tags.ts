import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller, TagName } from './api-key.ts';

/** A key with a locked tag sees that tag only: the filter it may use. Throws `tag_forbidden` when it asks for another. */
function own(caller: Caller, tag: TagName, asked: string | undefined): string | undefined {
  if (!caller.lockedTags.includes(tag)) return asked;
  const locked = caller.tags[tag];
  if (asked !== undefined && asked !== locked)
    throw new GatewayError('tag_forbidden', `This key sees one ${tag} only. Leave the filter out.`, { param: tag });
  return locked;
}

export const ownClient = (caller: Caller, asked?: string): string | undefined => own(caller, 'client_id', asked);
export const ownProject = (caller: Caller, asked?: string): string | undefined => own(caller, 'project', asked);
export const ownScenario = (caller: Caller, asked?: string): string | undefined => own(caller, 'scenario_id', asked);
export const ownPlatform = (caller: Caller, asked?: string): string | undefined =>
  own(caller, 'scenario_platform', asked);

/** A caller's key without a locked tag sees its own calls: "its own tags' usage" would be everybody's. */
export function ownKey(caller: Caller, asked?: string): string | undefined {
  return caller.role === 'caller' && caller.lockedTags.length === 0 ? caller.keyId : asked;
}

/** What budgets, subscriptions and the sums of calls may be bound to. Only single calls know their platform. */
export interface Bound {
  client_id?: string | undefined;
  project?: string | undefined;
  scenario_id?: string | undefined;
  key_id?: string | undefined;
}

const bindable = ['client_id', 'project', 'scenario_id'] as const;

/**
 * All of what a thing must be bound to for this key to see it: its locked tags; nothing for a key without. One locked to a
 * platform alone, which nothing is bound to, sees what is bound to the very key.
 */
export function boundTo({ lockedTags, tags, keyId }: Caller): Bound {
  const locked = bindable.filter((tag) => lockedTags.includes(tag));
  if (locked.length === 0 && lockedTags.length > 0) return { key_id: keyId };
  return Object.fromEntries(locked.map((tag) => [tag, tags[tag]]));
}

/** May this key see what is bound to `scope`? */
export function isOwn(caller: Caller, scope: Bound): boolean {
  const bound = Object.entries(boundTo(caller)) as [keyof Bound, string][];
  return bound.every(([name, value]) => scope[name] === value);
}
