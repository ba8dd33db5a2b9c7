import type { Logger } from 'pino';
import type { CallTags } from '../accounts/call-tags.ts';
import type { Db } from '../db/transaction.ts';
import { foldTag, type SeenTag, selectAlike, type TagKind, upsertTags } from './tag-store.ts';

/** A new tag that differs from a known one by case only: two clients where somebody meant one. */
export interface Lookalike {
  kind: TagKind;
  id: string;
  known: string;
}

/** Spellings met by this process; past these it asks the database again. */
const spellingsMax = 50_000;
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

function spellingKey(workspaceId: string, livemode: boolean, kind: TagKind, id: string): string {
  return `${workspaceId} ${livemode ? 'live' : 'test'} ${kind} ${foldTag(id)}`;
}

/** Clients, projects and scenarios exist from their first call: noted in memory, written a moment later. */
export class TagRegistry {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #spellings = new Map<string, readonly string[]>();
  /** The same by where they belong: nearly every call's tags are here, and no name is put together to find them. */
  readonly #met = new Map<string, Record<'live' | 'test', Record<TagKind, Set<string>>>>();
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

  #isMet({ workspaceId, livemode }: Noted, kind: TagKind, id: string): boolean {
    return this.#met.get(workspaceId)?.[livemode ? 'live' : 'test'][kind].has(id) ?? false;
  }

  async #lookFor({ workspaceId, livemode }: Noted, kind: TagKind, id: string): Promise<Lookalike | undefined> {
    const key = spellingKey(workspaceId, livemode, kind, id);
    const met = this.#spellings.get(key) ?? [];
    if (this.#spellings.size >= spellingsMax) {
      this.#spellings.clear();
      this.#met.clear();
    }
    this.#spellings.set(key, [...met, id]);
    const modes = this.#met.get(workspaceId) ?? { live: noneMet(), test: noneMet() };
    this.#met.set(workspaceId, modes);
    modes[livemode ? 'live' : 'test'][kind].add(id);
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
    this.#seen.add({ workspaceId, livemode, kind, id, firstAtMs: atMs, lastAtMs: atMs, platform });
    this.#timer ??= setTimeout(() => void this.flush(), 200).unref();
  }

  /** Drops the spellings that are remembered of a workspace: one of its clients was erased. */
  forget(workspaceId: string): void {
    this.#met.delete(workspaceId);
    for (const key of this.#spellings.keys()) if (key.startsWith(`${workspaceId} `)) this.#spellings.delete(key);
  }

  /** Writes what was noted so far. A failure keeps it for the next time. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const batch = this.#seen.all;
    if (batch.length === 0) return;
    this.#seen = new Seen();
    try {
      await upsertTags(this.#db, batch);
    } catch (error) {
      for (const tag of batch)
        if (this.#seen.get(tag.workspaceId, tag.livemode, tag.kind, tag.id) === undefined) this.#seen.add(tag);
      this.#log.warn({ err: error, tags: batch.length }, 'tags could not be noted and will be tried again');
      this.#timer ??= setTimeout(() => void this.flush(), 2_000).unref();
    }
  }
}
