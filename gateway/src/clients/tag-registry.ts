import type { Logger } from 'pino';
import type { CallTags } from '../accounts/call-tags.ts';
import { RecentMap } from '../db/recent-map.ts';
import type { Db } from '../db/transaction.ts';
import { foldTag, type SeenTag, selectAlike, type TagKind, upsertTags } from './tag-store.ts';

/** A new tag that differs from a known one by case only: two clients where somebody meant one. */
export interface Lookalike {
  kind: TagKind;
  id: string;
  known: string;
}

/** Tags met by this process; past these it asks the database again. */
const metMax = 50_000;
/** Spellings of one name, case apart, that are remembered: enough to name one of them. */
const spellingsMax = 20;
/** Tags that wait for the database; while it is away, further ones are noted by their next calls. */
const waitingMax = 50_000;
/** Tags in one statement: their text is made within a few milliseconds. */
const tagsAtOnce = 1_000;
/** No call waits longer to hear whether its tag is a misspelling. */
const lookMs = 250;

interface Noted {
  workspaceId: string;
  livemode: boolean;
  tags: CallTags;
  atMs: number;
}

/** Tags by where they belong, found without putting a name together for each call. */
class Seen {
  readonly all: SeenTag[] = [];
  readonly #workspaces = new Map<string, Record<'live' | 'test', Record<SeenTag['kind'], Map<string, SeenTag>>>>();

  get(workspaceId: string, livemode: boolean, kind: SeenTag['kind'], id: string): SeenTag | undefined {
    return this.#workspaces.get(workspaceId)?.[livemode ? 'live' : 'test'][kind].get(id);
  }

  add(tag: SeenTag): void {
    let modes = this.#workspaces.get(tag.workspaceId);
    if (modes === undefined) {
      modes = { live: newSeenTags(), test: newSeenTags() };
      this.#workspaces.set(tag.workspaceId, modes);
    }
    modes[tag.livemode ? 'live' : 'test'][tag.kind].set(tag.id, tag);
    this.all.push(tag);
  }
}

function newSeenTags(): Record<SeenTag['kind'], Map<string, SeenTag>> {
  return { client: new Map(), project: new Map(), scenario: new Map() };
}

const kinds = ['client', 'project', 'scenario'] as const satisfies readonly TagKind[];

function noneMet(): Record<TagKind, Set<string>> {
  return { client: new Set(), project: new Set(), scenario: new Set() };
}

/** Tags, counted one by one: of one name there are as many spellings as somebody makes up. */
class Met {
  readonly #workspaces = new Map<string, Record<'live' | 'test', Record<TagKind, Set<string>>>>();
  count = 0;

  has({ workspaceId, livemode }: Noted, kind: TagKind, id: string): boolean {
    return this.#workspaces.get(workspaceId)?.[livemode ? 'live' : 'test'][kind].has(id) ?? false;
  }

  add({ workspaceId, livemode }: Noted, kind: TagKind, id: string): void {
    const modes = this.#workspaces.get(workspaceId) ?? { live: noneMet(), test: noneMet() };
    this.#workspaces.set(workspaceId, modes);
    modes[livemode ? 'live' : 'test'][kind].add(id);
    this.count += 1;
  }

  delete(workspaceId: string): void {
    const modes = this.#workspaces.get(workspaceId);
    if (modes === undefined) return;
    for (const kind of kinds) this.count -= modes.live[kind].size + modes.test[kind].size;
    this.#workspaces.delete(workspaceId);
  }
}

function spellingKey(workspaceId: string, livemode: boolean, kind: TagKind, id: string): string {
  return `${workspaceId} ${livemode ? 'live' : 'test'} ${kind} ${foldTag(id)}`;
}

/** Clients, projects and scenarios exist from their first call: noted in memory, written a moment later. */
export class TagRegistry {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #spellings = new RecentMap<readonly string[]>({ most: metMax });
  /** The same by where they belong: nearly every call's tags are here, and no name is put together to find them. */
  #met = new Met();
  /** Those of before: one that is in use moves on, and the others are forgotten together. */
  #metBefore = new Met();
  #seen = new Seen();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { db: Db; log: Logger }) {
    this.#db = options.db;
    this.#log = options.log;
  }

  /**
   * Undefined for a call whose tags this process has met, which is nearly every one; else what the database says of the new ones,
   * for a caller that wants to wait for it.
   */
  note(call: Noted): Promise<Lookalike[]> | undefined {
    const { tags } = call;
    let looks: Promise<Lookalike | undefined>[] | undefined;
    for (const kind of kinds) {
      const id = tags[kind];
      if (id === undefined) continue;
      const look = this.#isMet(call, kind, id) ? undefined : this.#lookFor(call, kind, id);
      this.#one(call, kind, id);
      if (look === undefined) continue;
      looks ??= [];
      looks.push(look);
    }
    if (looks === undefined) return undefined;
    return Promise.all(looks).then((found) => found.filter((one) => one !== undefined));
  }

  #isMet(call: Noted, kind: TagKind, id: string): boolean {
    if (this.#met.has(call, kind, id)) return true;
    if (!this.#metBefore.has(call, kind, id)) return false;
    this.#meet(call, kind, id);
    return true;
  }

  #meet(call: Noted, kind: TagKind, id: string): void {
    if (this.#met.count >= metMax / 2) {
      this.#metBefore = this.#met;
      this.#met = new Met();
    }
    this.#met.add(call, kind, id);
  }

  async #lookFor(call: Noted, kind: TagKind, id: string): Promise<Lookalike | undefined> {
    const { workspaceId, livemode } = call;
    const key = spellingKey(workspaceId, livemode, kind, id);
    const met = this.#spellings.get(key) ?? [];
    if (met.length < spellingsMax) this.#spellings.set(key, [...met, id]);
    this.#meet(call, kind, id);
    const late = new Promise<string[]>((resolve) => setTimeout(resolve, lookMs, []).unref());
    const stored = await Promise.race([
      selectAlike(this.#db, { workspaceId, livemode, kind, id }).catch((): string[] => []),
      late,
    ]);
    if (stored.includes(id)) return undefined;
    const known = stored[0] ?? met[0];
    return known === undefined ? undefined : { kind, id, known };
  }

  #one({ workspaceId, livemode, tags, atMs }: Noted, kind: SeenTag['kind'], id: string): void {
    const platform = kind === 'scenario' ? tags.platform : undefined;
    const seen = this.#seen.get(workspaceId, livemode, kind, id);
    if (seen !== undefined) {
      seen.lastAtMs = Math.max(seen.lastAtMs, atMs);
      seen.platform ??= platform;
      return;
    }
    if (this.#seen.all.length >= waitingMax) return;
    this.#seen.add({ workspaceId, livemode, kind, id, firstAtMs: atMs, lastAtMs: atMs, platform });
    this.#timer ??= setTimeout(() => void this.flush(), 200).unref();
  }

  /** How many tags are remembered, and how many wait to be written. */
  get size(): { met: number; waiting: number } {
    return { met: this.#met.count + this.#metBefore.count, waiting: this.#seen.all.length };
  }

  /** Drops the spellings that are remembered of a workspace: one of its clients was erased. */
  forget(workspaceId: string): void {
    this.#met.delete(workspaceId);
    this.#metBefore.delete(workspaceId);
    for (const [key] of this.#spellings) if (key.startsWith(`${workspaceId} `)) this.#spellings.delete(key);
  }

  /** Writes what was noted so far. A failure keeps it for the next time. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { all } = this.#seen;
    if (all.length === 0) return;
    this.#seen = new Seen();
    for (let at = 0; at < all.length; at += tagsAtOnce) {
      try {
        await upsertTags(this.#db, all.slice(at, at + tagsAtOnce));
      } catch (error) {
        const left = all.slice(at);
        for (const tag of left) {
          if (this.#seen.all.length >= waitingMax) break;
          if (this.#seen.get(tag.workspaceId, tag.livemode, tag.kind, tag.id) === undefined) this.#seen.add(tag);
        }
        this.#log.warn({ err: error, tags: left.length }, 'tags could not be noted and will be tried again');
        this.#timer ??= setTimeout(() => void this.flush(), 2_000).unref();
        return;
      }
    }
  }
}
