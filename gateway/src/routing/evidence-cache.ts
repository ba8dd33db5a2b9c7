import type { Db } from '../db/transaction.ts';
import { inTurn, inTurns } from '../turns/in-turn.ts';
import { type EvidenceView, evidenceInPieces } from './evidence-view.ts';
import { isCurrent, judgesOf } from './judges.ts';
import { strongModelsOf } from './leading-claim.ts';
import type { LearnedHeads } from './learned-heads.ts';
import { findHeads } from './learned-heads-store.ts';
import { unpackHeads } from './packed-heads.ts';
import { finish } from './pieces.ts';
import { readRouting } from './routing-version-store.ts';
import { listClaims } from './task-claim-store.ts';
import { listRates } from './task-rates-store.ts';

interface Known {
  view: EvidenceView;
  /** Of the heads: evidence changes all the time, and they do once an hour at most. */
  headsVersion: number | undefined;
  /** How much memory and how much work of this thread it takes: in rows. */
  weight: number;
  /** How much memory its heads take. */
  headBytes: number;
  readAtMs: number;
  /** Of all that are known, the one with the lowest number was used longest ago. */
  used: number;
  isStale: boolean;
  isReading: boolean;
}

/** The latest of each workspace; a task that nobody has called for long is decided as if it were new. */
const claimsMax = 3_000;
/** Of about three thousand tasks. */
const ratesMax = 10_000;
/** A workspace weighs something without evidence. */
const emptyWeight = 40;
/** The heads of all workspaces: of some two hundred with many tasks, and of four hundred with one. */
const headBytesMax = 50 * 1024 * 1024;
/** The rate of a task, unpacked. */
const bytesOfRate = 150;
/** Over all workspaces: 80 MB. */
const weightMax = 200_000;
const bytesOfRow = 400;
/** Of the most that is kept, so much is left where it was exceeded: the next workspace finds room without a look at all of them. */
const roomAfter = 0.95;
/** Evidence is read again after this long for each row: after 5 seconds where there is much, and at once where there is little. */
const pauseMsPerRow = 0.5;

function pauseOf({ weight, headBytes }: Known): number {
  return (weight + headBytes / bytesOfRow) * pauseMsPerRow;
}

/**
 * The evidence of each workspace in live and in test mode. When the database says that there is more, the next call still gets what is
 * known, and it is read again beside: evidence comes all the time, and no call waits for it. It is put together in many turns of the event
 * loop, from rows of one moment, and takes the place of what was known once it is whole. What was used longest ago gives way.
 */
export class EvidenceCache {
  readonly #db: Db;
  readonly #live = new Map<string, Known>();
  readonly #test = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<EvidenceView>>();
  readonly #weightMax: number;
  readonly #headBytesMax: number;
  #uses = 0;
  /** Counts what was forgotten: what was read before a change is read again. */
  #forgotten = 0;

  constructor({ db, ...most }: { db: Db; weightMax?: number; headBytesMax?: number }) {
    this.#db = db;
    this.#weightMax = most.weightMax ?? weightMax;
    this.#headBytesMax = most.headBytesMax ?? headBytesMax;
  }

  of(workspaceId: string, livemode: boolean): EvidenceView | Promise<EvidenceView> {
    const known = (livemode ? this.#live : this.#test).get(workspaceId);
    if (known === undefined) return this.#firstRead(workspaceId, livemode);
    known.used = ++this.#uses;
    if (known.isStale && !known.isReading && performance.now() - known.readAtMs >= pauseOf(known))
      this.#readAgain(known, workspaceId, livemode);
    return known.view;
  }

  /** There is more evidence of a workspace, or, after a lost connection, of any. */
  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    for (const known of [this.#live, this.#test])
      for (const one of workspaceId === undefined ? known.values() : [known.get(workspaceId)])
        if (one !== undefined) one.isStale = true;
  }

  #readAgain(known: Known, workspaceId: string, livemode: boolean): void {
    known.isReading = true;
    known.isStale = false;
    this.#read(workspaceId, livemode, known).then(
      (read) => {
        Object.assign(known, read);
        known.isReading = false;
        this.#bound();
      },
      () => {
        known.isStale = true;
        known.isReading = false;
      },
    );
  }

  #bound(): void {
    let [weight, headBytes] = [0, 0];
    for (const map of [this.#live, this.#test])
      for (const known of map.values()) {
        weight += known.weight;
        headBytes += known.headBytes;
      }
    const most = {
      weight: weight > this.#weightMax ? this.#weightMax * roomAfter : this.#weightMax,
      headBytes: headBytes > this.#headBytesMax ? this.#headBytesMax * roomAfter : this.#headBytesMax,
    };
    const isTooMuch = (): boolean => weight > most.weight || headBytes > most.headBytes;
    if (!isTooMuch()) return;
    const all = [this.#live, this.#test].flatMap((map) => [...map].map(([id, known]) => ({ map, id, known })));
    for (const { map, id, known } of all.sort((a, b) => a.known.used - b.known.used)) {
      // Where only the heads are too many, those that have none stay.
      if (weight <= most.weight && known.headBytes === 0) continue;
      map.delete(id);
      weight -= known.weight;
      headBytes -= known.headBytes;
      if (!isTooMuch()) return;
    }
  }

  #firstRead(workspaceId: string, livemode: boolean): Promise<EvidenceView> {
    const scope = `${livemode ? 'live' : 'test'} ${workspaceId}`;
    const under = this.#reading.get(scope);
    if (under !== undefined) return under;
    const forgotten = this.#forgotten;
    const reading = this.#read(workspaceId, livemode, undefined)
      .then((read) => {
        const isStale = forgotten !== this.#forgotten;
        const known = { ...read, used: ++this.#uses, isStale, isReading: false };
        (livemode ? this.#live : this.#test).set(workspaceId, known);
        this.#bound();
        return read.view;
      })
      .finally(() => this.#reading.delete(scope));
    this.#reading.set(scope, reading);
    return reading;
  }

  async #read(
    workspaceId: string,
    livemode: boolean,
    before: Known | undefined,
  ): Promise<Pick<Known, 'view' | 'headsVersion' | 'weight' | 'headBytes' | 'readAtMs'>> {
    const [document, claims, rates, found] = await Promise.all([
      readRouting(this.#db, workspaceId),
      listClaims(this.#db, { workspaceId, livemode, most: claimsMax }),
      listRates(this.#db, { workspaceId, livemode, most: ratesMax }),
      findHeads(this.#db, { workspaceId, livemode }, before?.headsVersion),
    ]);
    const judges = judgesOf(document);
    const isKnown = found !== undefined && found.weights === null;
    const weights = found?.weights ?? undefined;
    const fresh = weights && (await inTurn(() => unpackHeads(weights)));
    const learned = isKnown ? before?.view.heads?.learned : fresh;
    const pieces = evidenceInPieces(
      {
        claims,
        rates,
        isCurrent: (claim) => isCurrent(claim, judges),
        strongModels: strongModelsOf(document, new Date()),
      },
      learned && { learned, smallModel: found?.weak ?? '' },
    );
    // Most workspaces have none: their first call waits for no turn.
    const { view, rows } = claims.length + rates.length === 0 ? finish(pieces) : await inTurns(pieces);
    return {
      view,
      weight: rows + emptyWeight,
      headsVersion: found?.version,
      headBytes: isKnown ? (before?.headBytes ?? 0) : headBytesOf(learned, weights),
      readAtMs: performance.now(),
    };
  }
}

function headBytesOf(learned: LearnedHeads | undefined, weights: Buffer | undefined): number {
  return learned === undefined ? 0 : (weights?.length ?? 0) + learned.heads.rates.size * bytesOfRate;
}
