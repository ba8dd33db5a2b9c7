import type { Db } from '../db/transaction.ts';
import { type Evidence, type EvidenceScope, type FindEvidence, noEvidence } from './evidence.ts';
import { isCurrent, judgesOf } from './judges.ts';
import type { LearnedHeads } from './learned-heads.ts';
import { findHeads } from './learned-heads-store.ts';
import { unpackHeads } from './packed-heads.ts';
import { readRouting } from './routing-version-store.ts';
import type { TaskClaim } from './task-claim.ts';
import { isMostlyJudged, listClaims, type StoredClaim } from './task-claim-store.ts';
import { listRates, type Signal, type TaskRateRow } from './task-rates-store.ts';
import { besideOthers } from './usual-repeats.ts';

/** Heads, and the small model that they speak of. */
interface HeadsOfModel {
  learned: LearnedHeads;
  smallModel: string;
}

/** What a workspace knows about its tasks, in one mode. */
export interface EvidenceView {
  find: FindEvidence;
  /** The pairs of a task; undefined before the first. */
  claimOf(task: string, weak: string, strong: string): TaskClaim | undefined;
  /** Undefined where the workspace has learned none, or none that are better than the rates of its tasks. */
  heads: HeadsOfModel | undefined;
}

interface Known {
  view: EvidenceView;
  /** Of the heads: evidence changes all the time, and they do once an hour at most. */
  headsVersion: number | undefined;
  /** How much memory it takes and how long reading it holds the loop up: in rows. */
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
/** Evidence is read again after this long for each row: after 5 seconds where there is much, and at once where there is little. */
const pauseMsPerRow = 0.5;

function pauseOf({ weight, headBytes }: Known): number {
  return (weight + headBytes / bytesOfRow) * pauseMsPerRow;
}

/**
 * The evidence of each workspace in live and in test mode. When the database says that there is more, the next call still gets what is
 * known, and it is read again beside: evidence comes all the time, and no call waits for it. What was used longest ago gives way.
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
    const all = [this.#live, this.#test].flatMap((map) => [...map].map(([id, known]) => ({ map, id, known })));
    let weight = all.reduce((sum, { known }) => sum + known.weight, 0);
    let headBytes = all.reduce((sum, { known }) => sum + known.headBytes, 0);
    const isTooMuch = (): boolean => weight > this.#weightMax || headBytes > this.#headBytesMax;
    if (!isTooMuch()) return;
    for (const { map, id, known } of all.sort((a, b) => a.known.used - b.known.used)) {
      // Where only the heads are too many, those that have none stay.
      if (weight <= this.#weightMax && known.headBytes === 0) continue;
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
    const [document, stored, rates, found] = await Promise.all([
      readRouting(this.#db, workspaceId),
      listClaims(this.#db, { workspaceId, livemode, most: claimsMax }),
      listRates(this.#db, { workspaceId, livemode, most: ratesMax }),
      findHeads(this.#db, { workspaceId, livemode }, before?.headsVersion),
    ]);
    const judges = judgesOf(document);
    const claims = stored.filter((claim) => isCurrent(claim, judges));
    const isKnown = found !== undefined && found.weights === null;
    const learned = isKnown ? before?.view.heads?.learned : found?.weights ? unpackHeads(found.weights) : undefined;
    const heads = learned && { learned, smallModel: found?.weak ?? '' };
    return {
      view: evidenceView(claims, rates, heads),
      weight: claims.length + rates.length + emptyWeight,
      headsVersion: found?.version,
      headBytes: isKnown ? (before?.headBytes ?? 0) : headBytesOf(learned, found?.weights),
      readAtMs: performance.now(),
    };
  }
}

function headBytesOf(learned: LearnedHeads | undefined, weights: Buffer | null | undefined): number {
  return learned === undefined ? 0 : (weights?.length ?? 0) + learned.heads.rates.size * bytesOfRate;
}

/** Puts together what is known of each task and model, and of each model over all tasks. */
export function evidenceView(
  claims: readonly StoredClaim[],
  rates: readonly TaskRateRow[],
  heads: HeadsOfModel | undefined,
): EvidenceView {
  const claimed = new Map(claims.map((claim) => [claimKey(claim.task, claim.weak, claim.strong), claim]));
  const tasks = new Map<string, Gathered>();
  const topics = new Map<string, Gathered>();
  const workspace = new Map<string, Gathered>();
  const at = (of: Map<string, Gathered>, key: string): Gathered => {
    const found = of.get(key) ?? { signals: new Map(), claims: [], outTokens: 0, answers: 0 };
    of.set(key, found);
    return found;
  };
  for (const rate of besideOthers(rates)) {
    const model = undated(rate.model);
    for (const gathered of [at(tasks, `${rate.task} ${model}`), at(workspace, model)]) addRate(gathered, rate);
  }
  for (const claim of claims) {
    const model = undated(claim.weak);
    at(tasks, `${claim.task} ${model}`).claims.push(claim);
    at(topics, `${claim.topic} ${model}`).claims.push(claim);
    at(workspace, model).claims.push(claim);
  }
  const ofTasks = new Map([...tasks].map(([key, gathered]) => [key, evidenceOf(gathered, 'task')]));
  const ofTopics = new Map([...topics].map(([key, gathered]) => [key, evidenceOf(gathered, 'above')]));
  const ofWorkspace = new Map([...workspace].map(([key, gathered]) => [key, evidenceOf(gathered, 'above')]));
  return {
    find:
      ofWorkspace.size === 0
        ? noEvidence
        : (scope: EvidenceScope, model: string) => {
            if (scope === 'workspace') return ofWorkspace.get(undated(model));
            if ('task' in scope) return ofTasks.get(`${scope.task} ${undated(model)}`);
            return ofTopics.get(`${scope.topic} ${undated(model)}`);
          },
    heads,
    claimOf: (task, weak, strong) => claimed.get(claimKey(task, weak, strong)),
  };
}

function claimKey(task: string, weak: string, strong: string): string {
  return [task, weak, strong].join('\n');
}

/** Vendors answer as `gpt-4o-2024-08-06` where `gpt-4o` was asked for. */
function undated(model: string): string {
  // Most names end in no digit, and a call asks for a dozen.
  const last = model.charCodeAt(model.length - 1);
  return last < 48 || last > 57 ? model : model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '');
}

interface Gathered {
  signals: Map<Signal, { n: number; okSum: number }>;
  /** Against one strong model or several, the latest first. */
  claims: StoredClaim[];
  outTokens: number;
  answers: number;
}

function addRate(gathered: Gathered, { signal, n, okSum, outTokensSum }: TaskRateRow): void {
  const sum = gathered.signals.get(signal) ?? { n: 0, okSum: 0 };
  gathered.signals.set(signal, { n: sum.n + n, okSum: sum.okSum + okSum });
  if (signal !== 'error') return;
  gathered.outTokens += outTokensSum;
  gathered.answers += okSum;
}

/** Thousands of answers that parse must not outweigh a hundred that were compared: they only raise alarms. */
const alarmLabelsMax = 100;

function evidenceOf({ signals, claims, outTokens, answers }: Gathered, scope: 'task' | 'above'): Evidence {
  const worst = worstOf(signals);
  const weight = worst === undefined ? 0 : Math.min(1, alarmLabelsMax / worst.n);
  const [latest] = claims;
  const pairs = claims.reduce((sum, one) => sum + one.pairs, 0);
  return {
    pairs: scope === 'task' ? (latest?.pairs ?? 0) : pairs,
    agreeing: scope === 'task' ? (latest?.agreed ?? 0) : claims.reduce((sum, one) => sum + one.agreed, 0),
    n: worst === undefined ? 0 : worst.n * weight,
    okSum: worst === undefined ? 0 : worst.okSum * weight,
    ...(answers > 0 ? { outTokensMean: outTokens / answers } : {}),
    ...(scope === 'task' && latest !== undefined ? claimFields(latest) : {}),
  };
}

function claimFields({ lower, pairs, judged, isCleared, isWithdrawn }: StoredClaim): Partial<Evidence> {
  const isJudged = isMostlyJudged({ judged, pairs });
  return {
    ...(lower > 0 ? { lower } : {}),
    ...(isCleared ? { clearedBy: isJudged ? ('judge' as const) : ('agreement' as const) } : {}),
    ...(isJudged ? { isJudged } : {}),
    ...(isWithdrawn ? { withdrawn: true } : {}),
  };
}

const alarms = ['feedback', 'json_ok', 'tool_ok', 'retry', 'error'] as const;

/** The signal with the lowest rate, by calls enough to say so. */
function worstOf(signals: Gathered['signals']): { n: number; okSum: number } | undefined {
  let worst: { n: number; okSum: number } | undefined;
  for (const signal of alarms) {
    const sum = signals.get(signal);
    if (sum !== undefined && sum.n > 0 && (worst === undefined || rateOf(sum) < rateOf(worst))) worst = sum;
  }
  return worst;
}

function rateOf({ n, okSum }: { n: number; okSum: number }): number {
  return (okSum + 5) / (n + 5);
}
