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
