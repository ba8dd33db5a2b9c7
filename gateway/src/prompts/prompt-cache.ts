import { ModeCache } from '../db/mode-cache.ts';
import type { Db } from '../db/transaction.ts';
import { bookOf, type PromptBook } from './prompt-book.ts';
import { readBook } from './prompt-store.ts';
import { readSealedContent } from './prompt-version-store.ts';
import { type CompiledPrompt, compilePrompt } from './render-prompt.ts';
import { unsealContent } from './sealed-content.ts';

const bytesMax = 32 * 1024 * 1024;

/**
 * The prompts of the workspaces that call them, read once. The book (ids, aliases, labels) is forgotten when the database says that the
 * workspace changed; a version never changes, so the texts used last are kept, up to 32 MiB of them.
 */
export class PromptCache {
  readonly #db: Db;
  readonly #secret: string;
  /** The same in both modes. */
  readonly #books: ModeCache<PromptBook>;
  /** In the order of their last use. */
  readonly #versions = new Map<string, CompiledPrompt>();
  /** The one that was used last. */
  #latest: CompiledPrompt | undefined;
  #bytes = 0;

  constructor({ db, secret }: { db: Db; secret: string }) {
    this.#db = db;
    this.#secret = secret;
    this.#books = new ModeCache(async (workspaceId) =>
      bookOf((await readBook(db, workspaceId)).map((row) => ({ ...row, labels: new Map(row.labels) }))),
    );
  }

  book(workspaceId: string): PromptBook | Promise<PromptBook> {
    return this.#books.of(workspaceId, true);
  }

  /** Undefined where there is no such version. */
  version(
    workspaceId: string,
    promptId: string,
    version: number,
  ): CompiledPrompt | Promise<CompiledPrompt | undefined> {
    const key = `${workspaceId} ${promptId} ${version}`;
    const known = this.#versions.get(key);
    if (known === undefined) return this.#read(key, { workspaceId, promptId, version });
    if (known === this.#latest) return known;
    this.#versions.delete(key);
    this.#versions.set(key, known);
    this.#latest = known;
    return known;
  }

  forget(workspaceId?: string): void {
    this.#books.forget(workspaceId);
  }

  async #read(
    key: string,
    { workspaceId, promptId, version }: { workspaceId: string; promptId: string; version: number },
  ): Promise<CompiledPrompt | undefined> {
    const place = { workspaceId, promptId, version };
    const sealed = await readSealedContent(this.#db, place, version);
    if (sealed === undefined) return undefined;
    const compiled = compilePrompt(unsealContent(this.#secret, place, sealed), sealed.length);
    const before = this.#versions.get(key);
    if (before !== undefined) return before;
    this.#versions.set(key, compiled);
    this.#latest = compiled;
    this.#bytes += compiled.bytes;
    for (const [oldest, { bytes }] of this.#versions) {
      if (this.#bytes <= bytesMax) break;
      this.#versions.delete(oldest);
      this.#bytes -= bytes;
    }
    return compiled;
  }
}
