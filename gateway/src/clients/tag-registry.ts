import type { Logger } from 'pino';
import type { Db } from '../db/transaction.ts';
import type { CallTags } from '../usage/call-record.ts';
import { type SeenTag, upsertTags } from './tag-store.ts';

/** Clients, projects and scenarios exist from their first call: noted in memory, written a moment later. */
export class TagRegistry {
  readonly #db: Db;
  readonly #log: Logger;
  #seen = new Map<string, SeenTag>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { db: Db; log: Logger }) {
    this.#db = options.db;
    this.#log = options.log;
  }

  note(call: { workspaceId: string; livemode: boolean; tags: CallTags; atMs: number }): void {
    const { tags } = call;
    if (tags.client !== undefined) this.#one(call, 'client', tags.client);
    if (tags.project !== undefined) this.#one(call, 'project', tags.project);
    if (tags.scenario !== undefined) this.#one(call, 'scenario', tags.scenario);
  }

  #one(
    { workspaceId, livemode, tags, atMs }: Parameters<TagRegistry['note']>[0],
    kind: SeenTag['kind'],
    id: string,
  ): void {
    const key = `${workspaceId} ${livemode} ${kind} ${id}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined) {
      seen.lastAtMs = Math.max(seen.lastAtMs, atMs);
      seen.platform ??= kind === 'scenario' ? tags.platform : undefined;
      return;
    }
    const platform = kind === 'scenario' ? tags.platform : undefined;
    this.#seen.set(key, { workspaceId, livemode, kind, id, firstAtMs: atMs, lastAtMs: atMs, platform });
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
    if (this.#seen.size === 0) return;
    const batch = this.#seen;
    this.#seen = new Map();
    try {
      await upsertTags(this.#db, [...batch.values()]);
    } catch (error) {
      for (const [key, tag] of batch) if (!this.#seen.has(key)) this.#seen.set(key, tag);
      this.#log.warn({ err: error, tags: batch.size }, 'tags could not be noted and will be tried again');
      this.#timer ??= setTimeout(() => void this.flush(), 2_000).unref();
    }
  }
}
