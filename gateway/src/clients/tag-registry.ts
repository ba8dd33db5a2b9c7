import type { Logger } from 'pino';
import type { Db } from '../db/transaction.ts';
import type { CallTags } from '../usage/call-record.ts';
import { type SeenTag, upsertTags } from './tag-store.ts';

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
    let worlds = this.#workspaces.get(tag.workspaceId);
    if (worlds === undefined) {
      worlds = { live: newWorld(), test: newWorld() };
      this.#workspaces.set(tag.workspaceId, worlds);
    }
    worlds[tag.livemode ? 'live' : 'test'][tag.kind].set(tag.id, tag);
    this.all.push(tag);
  }
}

function newWorld(): Record<SeenTag['kind'], Map<string, SeenTag>> {
  return { client: new Map(), project: new Map(), scenario: new Map() };
}

/** Clients, projects and scenarios exist from their first call: noted in memory, written a moment later. */
export class TagRegistry {
  readonly #db: Db;
  readonly #log: Logger;
  #seen = new Seen();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { db: Db; log: Logger }) {
    this.#db = options.db;
    this.#log = options.log;
  }

  note(call: Noted): void {
    const { tags } = call;
    if (tags.client !== undefined) this.#one(call, 'client', tags.client);
    if (tags.project !== undefined) this.#one(call, 'project', tags.project);
    if (tags.scenario !== undefined) this.#one(call, 'scenario', tags.scenario);
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
