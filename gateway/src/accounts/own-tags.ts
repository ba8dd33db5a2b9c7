import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller, KeyTags, TagName } from './api-key.ts';

/** A key with a locked tag sees that tag only: the filter it may use. Throws `tag_forbidden` when it asks for another. */
function own(caller: Caller, tag: TagName, asked: string | undefined): string | undefined {
  if (!caller.lockedTags.includes(tag)) return asked;
  const locked = caller.tags[tag];
  if (asked !== undefined && asked !== locked)
    throw new GatewayError('tag_forbidden', `This key sees only one ${tag}. Leave the filter out.`, { param: tag });
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

/** The tags and the key that budgets, subscriptions and sums of calls may be bound to. Only single calls know their platform. */
export interface Bound {
  client_id?: string | undefined;
  project?: string | undefined;
  scenario_id?: string | undefined;
  key_id?: string | undefined;
}

const bindable = ['client_id', 'project', 'scenario_id'] as const;

/**
 * All of what a thing must be bound to for this key to see it: its locked tags; nothing for a key without. One locked to a
 * platform, which nothing is bound to, sees what is bound to the very key.
 */
export function boundTo({ lockedTags, tags, keyId }: Caller): Bound {
  const bound: Bound = {};
  for (const tag of bindable) if (lockedTags.includes(tag)) bound[tag] = tags[tag];
  if (lockedTags.includes('scenario_platform')) bound.key_id = keyId;
  return bound;
}

/** The same of what has tags as a key or a call has them: all that this key is locked to is among them. */
export function carriesLocks({ lockedTags, tags }: Caller, thing: KeyTags): boolean {
  return lockedTags.every((tag) => thing[tag] === tags[tag]);
}

/**
 * A client is not shown what an agency makes on it: keys locked to a client, and keys that only call models, see billed amounts
 * for costs, and neither markups nor notes.
 */
export function seesMargin({ role, lockedTags }: Caller): boolean {
  return role !== 'caller' && !lockedTags.includes('client_id');
}

/** The reader of a scenario: a key, or a subscription of one. */
export type ScenarioReader = Pick<Caller, 'role' | 'lockedTags'>;

/** A subscription reads as the key that made it; keys that only call models subscribe to nothing. */
export function subscriberOf(bound: Bound): ScenarioReader {
  return { role: 'member', lockedTags: bindable.filter((tag) => bound[tag] !== undefined) };
}

/**
 * The names of scenarios are what the workspace's people call them among themselves, and may be about any of its clients. The
 * clients of a scenario's calls go with its name.
 */
export function seesScenarioNames({ role, lockedTags }: ScenarioReader): boolean {
  return role !== 'caller' && lockedTags.length === 0;
}

/** The spend of a scenario is the amount that the workspace pays, for whichever client. */
export function seesScenarioSpending({ role, lockedTags }: ScenarioReader): boolean {
  return role !== 'caller' && lockedTags.every((tag) => tag === 'scenario_id');
}

/** May this key see what is bound to `scope`? */
export function isOwn(caller: Caller, scope: Bound): boolean {
  const bound = Object.entries(boundTo(caller)) as [keyof Bound, string][];
  return bound.every(([name, value]) => scope[name] === value);
}
