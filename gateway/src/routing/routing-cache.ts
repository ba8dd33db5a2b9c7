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
  /** Of the versions in memory, each of which has about 25 kB. */
  #patterns = 0;
  #forgotten = 0;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  of(workspaceId: string): Routing | null | Promise<Routing | null> {
    const known = this.#known.get(workspaceId);
    if (known === undefined) return this.#read(workspaceId);
    if (known !== null && patternsOf(known) > 0) {
      // The map has the ones that were used last at its end.
      this.#known.delete(workspaceId);
      this.#known.set(workspaceId, known);
    }
    return known;
  }

  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    this.#reading.clear();
    const ids = workspaceId === undefined ? [...this.#known.keys()] : [workspaceId];
    for (const id of ids) {
      const known = this.#known.get(id);
      this.#drop(id);
      // Others are read when a call asks for them.
      if (workspaceId === undefined || known === undefined || known === null) continue;
      this.#before.set(id, known);
      this.#read(id).catch(() => {});
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
    this.#drop(workspaceId);
    this.#known.set(workspaceId, routing);
    if (routing !== null) this.#makeRoom(patternsOf(routing));
    return routing;
  }

  #drop(workspaceId: string): void {
    const known = this.#known.get(workspaceId);
    this.#known.delete(workspaceId);
    if (known !== undefined && known !== null) this.#patterns -= patternsOf(known);
  }

  /** The versions that were not used for longest make room: they are read again when a call asks. */
  #makeRoom(added: number): void {
    this.#patterns += added;
    if (this.#patterns <= patternsMax) return;
    for (const [id, routing] of this.#known) {
      if (this.#patterns <= patternsMax) return;
      if (routing !== null && patternsOf(routing) > 0) this.#drop(id);
    }
  }
}

const patternsMax = 2_500;

function patternsOf({ rules }: Routing): number {
  return rules?.patterns.size ?? 0;
}

async function compiled(rules: readonly Rule[]): Promise<RuleSet | undefined> {
  return rules.some(({ enabled }) => enabled) ? await inTurn(() => compileRules(rules)) : undefined;
}
