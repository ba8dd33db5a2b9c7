import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { type LastTimeline, readLastTimeline, timelineFile, writeLastTimeline } from './timeline-file.ts';
import {
  confirmTimeline,
  noteElsewhere,
  noteTimeline,
  readTimeline,
  type ServerTimeline,
  type Timeline,
} from './timeline-store.ts';
import type { Db } from './transaction.ts';

/** A connection that must not be used. Its code is that of a connection that cannot be had: callers are asked to come again. */
class RefusedServer extends Error {
  readonly code = '08000';
}

const loggedEveryMs = 60_000;

/** In memory, and in DATA_DIR. */
type LastTimelines = readonly [LastTimeline | undefined, LastTimeline | undefined];

/**
 * Keeps a process from writing to two primaries. Each promotion of a standby begins a new timeline, and the first gateway that writes on it
 * gives it an id, in the database. A process that has written on a timeline uses only servers whose history has that id: two standbys that were
 * promoted at once have no common id from then on.
 *
 *     timeline 1 "a"  ──┬── timeline 2 "b"   a gateway that knows "b" …
 *                       └── timeline 2 "c"   … uses no connection to this one, which lacks "b"
 *
 * The last id is kept in memory and in DATA_DIR, so that a restart forgets nothing. It counts once a commit after it was confirmed by the
 * synchronous standby: a proper failover always has it.
 */
export class TimelineGuard {
  readonly #dataDir: string;
  readonly #log: Logger;
  #last: LastTimeline | undefined;
  readonly #leftWord = new Set<string>();
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  /** By id. */
  readonly #confirming = new Map<string, Promise<void>>();
  /** Connections that led to a server with another history. */
  refusedCount = 0;

  constructor({ dataDir, log }: { dataDir: string; log: Logger }) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  /** Looks where a new connection leads, before anything is written on it. Throws where it must not be used. */
  readonly admit = async (db: Db): Promise<void> => {
    for (;;) {
      const before = this.#last;
      // Read before the server is: another process may note a timeline, and write it down, in between.
      const last = [before, readLastTimeline(this.#dataDir)] as const;
      const found = await readTimeline(db);
      if (found === undefined) return;
      // A standby may be promoted later, with this connection open.
      if (found === 'standby') throw new RefusedServer('The server is a standby, which is read-only.');
      await this.#refuseOther(db, found, last);
      if (found.id === undefined) {
        await noteTimeline(db, found, randomUUID());
        continue;
      }
      if (found.id === before?.id) return;
      // The row may be of a process that was cut off before a standby had it.
      await this.#confirm(db, found.id);
      // Meanwhile another connection, or another process, may have been led to another server.
      if (this.#last !== before || readLastTimeline(this.#dataDir)?.id !== last[1]?.id) continue;
      this.#remember({ ...found, id: found.id });
      return;
    }
  };

  /** Looks at a server that is to be migrated, before it is. Throws where it has another history. */
  readonly look = async (db: Db): Promise<void> => {
    const last = [this.#last, readLastTimeline(this.#dataDir)] as const;
    const found = await readTimeline(db);
    if (found !== undefined && found !== 'standby') await this.#refuseOther(db, found, last);
  };

  /** One connection asks for all: a commit that no standby confirms keeps a connection of the server, also after its client has gone. */
  #confirm(db: Db, id: string): Promise<void> {
    const pending = this.#confirming.get(id) ?? confirmTimeline(db, id).finally(() => void this.#confirming.delete(id));
    this.#confirming.set(id, pending);
    return pending;
  }

  #remember({ id, systemIdentifier, databaseOid, schemaMadeAt, timeline }: LastTimeline): void {
    if (this.#last !== undefined)
      this.#log.warn({ timeline }, 'the database was promoted: its history goes on on a new timeline');
    this.#last = { id, systemIdentifier, databaseOid, schemaMadeAt, timeline };
    try {
      writeLastTimeline(this.#dataDir, this.#last);
    } catch (error) {
      this.#log.warn({ err: error }, 'the timeline of the database cannot be kept in DATA_DIR: a restart forgets it');
    }
  }

  async #refuseOther(db: Db, found: ServerTimeline, last: LastTimelines): Promise<void> {
    const other = otherHistory(found, last);
    if (other !== undefined) await this.#refuse(db, found, other);
  }

  async #refuse(db: Db, found: ServerTimeline, last: LastTimeline): Promise<never> {
    this.refusedCount += 1;
    const text = otherHistoryText(found, last, this.#dataDir);
    const now = performance.now();
    if (now - this.#loggedAtMs > loggedEveryMs) {
      this.#loggedAtMs = now;
      this.#log.fatal(text);
    }
    const word = `${last.id} ${found.timeline}`;
    if (!this.#leftWord.has(word)) {
      this.#leftWord.add(word);
      await noteElsewhere(db, last, last.id).catch(() => this.#leftWord.delete(word));
    }
    throw new RefusedServer(text);
  }
}

/**
 * The timeline that was written on last, where a server lacks it. DATA_DIR may speak of another database, which says nothing of this one;
 * one that was emptied and filled by `restore` is another.
 */
function otherHistory(found: ServerTimeline, [inMemory, inFile]: LastTimelines): LastTimeline | undefined {
  if (inMemory !== undefined && !found.known.includes(inMemory.id)) return inMemory;
  if (inFile !== undefined && isSameDatabase(inFile, found) && !found.known.includes(inFile.id)) return inFile;
  return undefined;
}

const isSameDatabase = (one: Timeline, other: Timeline): boolean =>
  one.systemIdentifier === other.systemIdentifier &&
  one.databaseOid === other.databaseOid &&
  one.schemaMadeAt === other.schemaMadeAt;

function otherHistoryText(found: Timeline, last: Timeline, dataDir: string): string {
  return `DATABASE_URL leads to a server with another history (timeline ${found.timeline}): it lacks what this gateway wrote on timeline ${last.timeline} of another primary. Two standbys may have been promoted. Let DATABASE_URL lead to the other one, or accept that its last calls are lost: delete ${timelineFile(dataDir)} and restart the gateway.`;
}

/** For a tool: the fault of this database's history, by the timeline that the gateway of DATA_DIR wrote on last. */
export async function historyFault(db: Db, dataDir: string): Promise<string | undefined> {
  const last = readLastTimeline(dataDir);
  const found = await readTimeline(db);
  if (found === undefined || found === 'standby') return undefined;
  const other = otherHistory(found, [undefined, last]);
  return other === undefined ? undefined : otherHistoryText(found, other, dataDir);
}
