import { notify } from '../db/notify.ts';
import type { Db } from '../db/transaction.ts';
import { inTurn, nextTurn } from '../turns/in-turn.ts';

/** An open connection that is told of changes. */
export interface Watcher {
  workspaceId: string;
  /** Undefined: of both modes. */
  livemode: boolean | undefined;
  /** The key or the person that opened it. */
  keyId: string;
  send(text: string): void;
  end(): void;
  /** Resolves to false once its key or session is over. */
  isAllowed(): Promise<boolean>;
}

interface WatcherState {
  waiting: Set<string>;
  sentAt: number;
}

export const channel = 'live';
const keyWatchersMax = 50;
const watchersMax = 2_000;
/** No connection is sent more than one hint in this time. */
const hintEveryMs = 1_000;
const heartbeatMs = 15_000;
/** So many connections are written to, or looked at, in one turn of the event loop: a write takes some ten microseconds. */
const watchersAtOnce = 100;
/** Watched workspaces are named to the other processes so often, and forgotten there after three times as long. */
const nameEveryMs = 2_000;
const wantedMs = 3 * nameEveryMs;
/** A payload has less than 8,000 bytes. */
const namesAtOnce = 100;

/**
 * The changes of this process and of the others, for its watchers.
 *
 *     note() -> fresh -> ripe -> local watchers, at most one hint a second each
 *                            \-> NOTIFY, if another process watches that workspace
 *
 * A change waits for one round, 200 ms: a transaction that is still under way is over when somebody reads. Processes name the workspaces
 * they watch to each other; of other workspaces nothing is noted. A process that hears of a workspace for the first time may have let a change of
 * it pass: after the same wait it says once that everything may have changed.
 */
export class LiveHints {
  readonly #db: Db;
  readonly #processId: string;
  readonly #now: () => number;
  readonly #watchers = new Map<Watcher, WatcherState>();
  /** The same by workspace and mode: a round looks at the watchers of what changed, however many others there are. */
  readonly #byPlace = new Map<string, Set<Watcher>>();
  /** The workspaces of this process's watchers, with how many there are. */
  readonly #watched = new Map<string, number>();
  /** The workspaces that other processes watch, with the time until which. */
  readonly #wanted = new Map<string, number>();
  readonly #nouns: readonly string[];
  /** The workspaces that others have just begun to watch: of the last round, and of the one before. */
  #begun = new Set<string>();
  #owed = new Set<string>();
  #fresh = new Map<string, Set<string>>();
  #ripe = new Map<string, Set<string>>();
  #namedAt = 0;
  #beatAt = 0;
  #isStopped = false;
  #isRechecking = false;
  #mustRecheck = false;

  /** `nouns` are all that can change. */
  constructor({
    db,
    processId,
    now,
    nouns,
  }: {
    db: Db;
    processId: string;
    now: () => number;
    nouns: readonly string[];
  }) {
    this.#nouns = nouns;
    this.#db = db;
    this.#processId = processId;
    this.#now = now;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Called for every call: a look at two sizes while nobody listens. */
  note({ workspaceId, livemode }: { workspaceId: string; livemode: boolean }, noun: string): void {
    if (this.#watched.size === 0 && this.#wanted.size === 0) return;
    if (!this.#watched.has(workspaceId) && !this.#wanted.has(workspaceId)) return;
    addTo(this.#fresh, placeOf(workspaceId, livemode), noun);
  }

  /** A change that concerns every workspace: of a provider, of an incident. */
  noteAll(noun: string): void {
    for (const workspaceId of new Set([...this.#watched.keys(), ...this.#wanted.keys()]))
      for (const livemode of [true, false]) addTo(this.#fresh, placeOf(workspaceId, livemode), noun);
  }

  /** Returns the end of it; undefined where there are too many. */
  watch(watcher: Watcher): (() => void) | undefined {
    const own = [...this.#watchers.keys()].filter(({ keyId }) => keyId === watcher.keyId).length;
    if (this.#isStopped || own >= keyWatchersMax || this.#watchers.size >= watchersMax) return undefined;
    this.#watchers.set(watcher, { waiting: new Set(), sentAt: 0 });
    for (const place of placesOf(watcher)) addTo(this.#byPlace, place, watcher);
    const { workspaceId } = watcher;
    this.#watched.set(workspaceId, (this.#watched.get(workspaceId) ?? 0) + 1);
    // The next round names it to the other processes.
    if (this.#watched.get(workspaceId) === 1) this.#namedAt = 0;
    return () => this.#drop(watcher);
  }

  /** A round, 200 ms after the one before: hands on what was noted before the last one. */
  async round(): Promise<void> {
    const ripe = this.#ripe;
    this.#ripe = this.#fresh;
    this.#fresh = new Map();
    const owed = this.#owed;
    this.#owed = this.#begun;
    this.#begun = new Set();
    const payloads: string[] = [];
    const now = this.#now();
    for (const [workspaceId, until] of this.#wanted)
      if (until < now || until - now > wantedMs) this.#wanted.delete(workspaceId);
    for (const [place, nouns] of ripe) {
      this.#tell(place, nouns);
      if (this.#wanted.has(workspaceOf(place))) payloads.push(JSON.stringify([this.#processId, place, [...nouns]]));
    }
    for (const workspaceId of owed)
      for (const livemode of [true, false])
        payloads.push(JSON.stringify([this.#processId, placeOf(workspaceId, livemode), this.#nouns]));
    await this.#send(now);
    if (this.#watchers.size === 0 && payloads.length === 0) return;
    if (isOver(this.#beatAt, heartbeatMs, now)) {
      this.#beatAt = now;
      await this.#forEach((watcher) => watcher.send(': still here\n\n'));
      // Not awaited: hints do not wait for it.
      void this.recheck();
    }
    if (isOver(this.#namedAt, nameEveryMs, now)) {
      this.#namedAt = now;
      const names = [...this.#watched.keys()];
      for (let at = 0; at < names.length; at += namesAtOnce)
        payloads.push(JSON.stringify([this.#processId, '', names.slice(at, at + namesAtOnce)]));
    }
    await notify(this.#db, channel, payloads);
  }

  /** Another process has changes, or names the workspaces it watches. */
  received(payload: string): void {
    const [from, place, names] = JSON.parse(payload) as [string, string, string[]];
    if (from === this.#processId) return;
    if (place !== '') this.#tell(place, names);
    else
      for (const workspaceId of names) {
        if (!this.#wanted.has(workspaceId)) this.#begun.add(workspaceId);
        this.#wanted.set(workspaceId, this.#now() + wantedMs);
      }
  }

  /** Changes may have been missed: everybody reads everything again. */
  tellAll(nouns: readonly string[]): void {
    for (const place of [...this.#watched.keys()].flatMap((id) => [placeOf(id, true), placeOf(id, false)]))
      this.#tell(place, nouns);
  }

  /**
   * Ends the connections whose key or session is over. They are read one after the other, since calls use the same pool; a request that
   * comes meanwhile is for one more pass.
   */
  async recheck(): Promise<void> {
    this.#mustRecheck = true;
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    try {
      while (this.#mustRecheck) {
        this.#mustRecheck = false;
        // A database that is away ends nobody's connection.
        for (const [n, watcher] of [...this.#watchers.keys()].entries()) {
          // Those that are known need no database, and all would be looked at in one turn.
          if (n > 0 && n % watchersAtOnce === 0) await nextTurn();
          if (this.#watchers.has(watcher) && !(await watcher.isAllowed().catch(() => true))) this.#end(watcher);
        }
      }
    } finally {
      this.#isRechecking = false;
    }
  }

  /** Ends all connections; there are no more of them. */
  stop(): void {
    this.#isStopped = true;
    for (const watcher of [...this.#watchers.keys()]) this.#end(watcher);
  }

  /** Dropped first: nothing is sent to a connection that is ended and not closed yet. */
  #end(watcher: Watcher): void {
    this.#drop(watcher);
    watcher.end();
  }

  #drop(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    for (const place of placesOf(watcher)) {
      const there = this.#byPlace.get(place);
      there?.delete(watcher);
      if (there?.size === 0) this.#byPlace.delete(place);
    }
    const { workspaceId } = watcher;
    const left = (this.#watched.get(workspaceId) ?? 1) - 1;
    if (left === 0) this.#watched.delete(workspaceId);
    else this.#watched.set(workspaceId, left);
  }

  #tell(place: string, nouns: Iterable<string>): void {
    for (const watcher of this.#byPlace.get(place) ?? [])
      for (const noun of nouns) this.#watchers.get(watcher)?.waiting.add(noun);
  }

  #send(now: number): Promise<void> {
    return this.#forEach((watcher, state) => {
      if (state.waiting.size === 0 || !isOver(state.sentAt, hintEveryMs, now)) return;
      state.sentAt = now;
      const changed = [...state.waiting].sort();
      state.waiting.clear();
      watcher.send(`id: ${now}\ndata: ${JSON.stringify({ changed })}\n\n`);
    });
  }

  async #forEach(visit: (watcher: Watcher, state: WatcherState) => void): Promise<void> {
    const all = [...this.#watchers];
    for (let at = 0; at < all.length; at += watchersAtOnce)
      await inTurn(() => {
        for (const [watcher, state] of all.slice(at, at + watchersAtOnce))
          if (this.#watchers.has(watcher)) visit(watcher, state);
      });
  }
}

/** In either direction: after a clock was set back nothing would be due until the clock has caught up. */
function isOver(sinceMs: number, everyMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - sinceMs) >= everyMs;
}

function addTo<One>(places: Map<string, Set<One>>, place: string, one: One): void {
  const known = places.get(place);
  if (known === undefined) places.set(place, new Set([one]));
  else known.add(one);
}

function placesOf({ workspaceId, livemode }: Watcher): string[] {
  const modes = livemode === undefined ? [true, false] : [livemode];
  return modes.map((mode) => placeOf(workspaceId, mode));
}

function placeOf(workspaceId: string, livemode: boolean): string {
  return `${livemode ? 'live' : 'test'} ${workspaceId}`;
}

function workspaceOf(place: string): string {
  return place.slice(5);
}
