import type { Db } from '../db/transaction.ts';
import { inTurn } from '../turns/in-turn.ts';
import { type AutoSettings, readAutoSettings } from './auto-settings.ts';
import { readRoutingWithDigest } from './routing-version-store.ts';
import type { Rule } from './rule.ts';
import { compileRules, type RuleSet } from './rule-set.ts';

/** The active version of a workspace, ready for its calls. */
export interface Routing {
  version: number;
  /** Of its content. */
  digest: string;
  /** Undefined where no rule is enabled. */
  rules: RuleSet | undefined;
  /** Undefined where the gateway's own settings hold. */
  auto: AutoSettings | undefined;
}

/**
 * The active version of each workspace, read and compiled once, and forgotten when the database says that the workspace has changed. It is
 * compiled again at once, beside the calls, which wait for it: no call is decided by half a version, nor by one that is replaced.
 */
export class RoutingCache {
  readonly #db: Db;
  /** Null: nothing is configured. */
  readonly #known = new Map<string, Routing | null>();
  readonly #reading = new Map<string, Promise<Routing | null>>();
  /** Versions that were active until something of the workspace changed: where it was something else they are used again. */
  readonly #before = new Map<string, Routing>();
  #forgotten = 0;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  of(workspaceId: string): Routing | null | Promise<Routing | null> {
    const known = this.#known.get(workspaceId);
    return known === undefined ? this.#read(workspaceId) : known;
  }

  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    this.#reading.clear();
    const ids = workspaceId === undefined ? [...this.#known.keys()] : [workspaceId];
    for (const id of ids) {
      const known = this.#known.get(id);
      this.#known.delete(id);
      if (known === undefined || known === null) continue;
      this.#before.set(id, known);
      // Those that have no rules are read when a call asks for them.
      if (workspaceId !== undefined) this.#read(id).catch(() => {});
    }
  }

  #read(workspaceId: string): Promise<Routing | null> {
    const under = this.#reading.get(workspaceId);
    if (under !== undefined) return under;
    const reading = this.#lookUp(workspaceId).finally(() => {
      if (this.#reading.get(workspaceId) === reading) this.#reading.delete(workspaceId);
    });
    this.#reading.set(workspaceId, reading);
    return reading;
  }

  async #lookUp(workspaceId: string): Promise<Routing | null> {
    const forgotten = this.#forgotten;
    const { version, rules, auto, digest } = await readRoutingWithDigest(this.#db, workspaceId);
    const before = this.#before.get(workspaceId);
    const routing =
      version === 0
        ? null
        : before?.version === version && before.digest === digest
          ? before
          : { version, digest, rules: await compiled(rules), auto: auto && readAutoSettings(auto) };
    if (forgotten !== this.#forgotten) return this.of(workspaceId);
    this.#before.delete(workspaceId);
    this.#known.set(workspaceId, routing);
    return routing;
  }
}

async function compiled(rules: readonly Rule[]): Promise<RuleSet | undefined> {
  return rules.some(({ enabled }) => enabled) ? await inTurn(() => compileRules(rules)) : undefined;
}
