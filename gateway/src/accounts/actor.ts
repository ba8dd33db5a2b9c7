import type { Caller } from './api-key.ts';

/** Who changes something, as the audit log and the history of a budget name it. */
export interface Actor {
  type: 'key' | 'person' | 'operator' | 'scim' | 'system';
  id: string;
}

export function actorOf({ keyId }: Pick<Caller, 'keyId'>): Actor {
  if (keyId === 'operator') return { type: 'operator', id: 'operator' };
  return { type: 'key', id: keyId };
}
