import type { Caller } from './api-key.ts';

/** The author of a change, as the audit log and the history of a budget name it. */
export interface Actor {
  type: 'key' | 'person' | 'operator' | 'scim' | 'system';
  id: string;
  name?: string | undefined;
}

export function actorOf({ keyId, keyName, person }: Pick<Caller, 'keyId' | 'keyName' | 'person'>): Actor {
  if (person !== undefined) return { type: 'person', id: person.id, name: person.name };
  if (keyId === 'operator') return { type: 'operator', id: 'operator', name: keyName };
  return { type: 'key', id: keyId, name: keyName };
}
