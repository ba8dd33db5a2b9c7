import type { Caller, TagName } from './api-key.ts';
import type { CallTags } from './call-tags.ts';

/**
 * The calls of a scenario that a pause, a limit or a count is about. Two clients' keys may name one scenario: what the key of one
 * does to it must not reach the calls of the other. As JSON of the key's locked tags, since it is also a key of rows.
 */
export type ScenarioLock = string;

/** Holds for all calls of the scenario. */
export const noLock: ScenarioLock = '';

/** A scenario, and whose calls of it. */
export interface ScenarioKey {
  workspaceId: string;
  livemode: boolean;
  id: string;
  /** The client whose calls of it are meant. */
  lock: ScenarioLock;
}

/** The scenario itself is not part of it: the place names that. */
const parts = ['client_id', 'project', 'scenario_platform'] as const satisfies readonly TagName[];
const callTag = { client_id: 'client', project: 'project', scenario_platform: 'platform' } as const;

export type LockTags = Partial<Record<(typeof parts)[number], string>>;

/** Put together once for each key: callers are remembered from call to call. */
const locks = new WeakMap<Caller, ScenarioLock>();

export function lockOf(caller: Caller): ScenarioLock {
  if (caller.lockedTags.length === 0) return noLock;
  let lock = locks.get(caller);
  if (lock === undefined) {
    const tags = parts.flatMap((name) => (caller.lockedTags.includes(name) ? [[name, caller.tags[name]]] : []));
    lock = tags.length === 0 ? noLock : JSON.stringify(Object.fromEntries(tags));
    locks.set(caller, lock);
  }
  return lock;
}

export function readLock(lock: ScenarioLock): LockTags {
  return lock === noLock ? {} : (JSON.parse(lock) as LockTags);
}

/** Is a call with these tags among those the lock is about? */
export function isCarried(lock: LockTags, tags: CallTags): boolean {
  return parts.every((name) => lock[name] === undefined || lock[name] === tags[callTag[name]]);
}

/** For people: `client_id acme`. */
export function lockText(lock: ScenarioLock): string {
  return Object.entries(readLock(lock))
    .map(([name, value]) => `${name} "${value}"`)
    .join(' and ');
}
