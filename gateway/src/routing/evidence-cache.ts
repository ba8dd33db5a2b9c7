import type { Db } from '../db/transaction.ts';
import type { SavingsEvidence } from '../usage/savings-handlers.ts';
import type { Evidence, EvidenceScope, FindEvidence } from './evidence.ts';
import { type LearnedHeads, unpackHeads } from './learned-heads.ts';
import { findHeads } from './learned-heads-store.ts';
import type { TaskClaim } from './task-claim.ts';
import { listClaims, type StoredClaim } from './task-claim-store.ts';
import { listRates, type Signal, type TaskRateRow } from './task-rates-store.ts';

/** What a workspace knows about its tasks, in one mode. */
export interface EvidenceView {
  find: FindEvidence;
  /** The pairs of a task; undefined before the first. */
  claimOf(task: string, weak: string, strong: string): TaskClaim | undefined;
  /** Undefined where the workspace has learned none, or none that are better than the rates of its tasks. */
  heads: LearnedHeads | undefined;
  /** For the report of savings: of a task, of a model, or of the workspace. */
  savingsOf(group: { task: string } | { model: string } | undefined): SavingsEvidence | null;
}

interface Known {
  view: EvidenceView;
  isStale: boolean;
  isReading: boolean;
}

/** The latest of each workspace; a task that nobody has called for long is decided as if it were new. */
const claimsMax = 5_000;
const ratesMax = 20_000;
const workspacesMax = 5_000;
/** Of 132 KiB each: 50 MiB. */
const headsMax = 380;

/**
 * The evidence of each workspace in live and in test mode. When the database says that there is more, the next call still gets what is
 * known, and it is read again beside: evidence comes all the time, and no call waits for it.
 */
export class EvidenceCache {
  readonly #db: Db;
  readonly #live = new Map<string, Known>();
  readonly #test = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<EvidenceView>>();
  /** Counts what was forgotten: what was read before a change is read again. */
  #forgotten = 0;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  of(workspaceId: string, livemode: boolean): EvidenceView | Promise<EvidenceView> {
    const known = (livemode ? this.#live : this.#test).get(workspaceId);
    if (known === undefined) return this.#firstRead(workspaceId, livemode);
    if (known.isStale && !known.isReading) this.#readAgain(known, workspaceId, livemode);
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
    this.#read(workspaceId, livemode).then(
      (view) => {
        known.view = view;
        known.isReading = false;
        this.#boundHeads();
      },
      () => {
        known.isStale = true;
        known.isReading = false;
      },
    );
  }

  /** The heads that were read longest ago give way; their workspace is decided by its rates until its evidence is read again. */
  #boundHeads(): void {
    const all = [...this.#live.values(), ...this.#test.values()].filter(({ view }) => view.heads !== undefined);
    for (const known of all.slice(0, Math.max(0, all.length - headsMax)))
      known.view = { ...known.view, heads: undefined };
  }

  #firstRead(workspaceId: string, livemode: boolean): Promise<EvidenceView> {
    const scope = `${livemode ? 'live' : 'test'} ${workspaceId}`;
    const under = this.#reading.get(scope);
    if (under !== undefined) return under;
    const forgotten = this.#forgotten;
    const reading = this.#read(workspaceId, livemode)
      .then((view) => {
        const known = livemode ? this.#live : this.#test;
        const [oldest] = known.keys();
        if (known.size >= workspacesMax && oldest !== undefined) known.delete(oldest);
        known.set(workspaceId, { view, isStale: forgotten !== this.#forgotten, isReading: false });
        this.#boundHeads();
        return view;
      })
      .finally(() => this.#reading.delete(scope));
    this.#reading.set(scope, reading);
    return reading;
  }

  async #read(workspaceId: string, livemode: boolean): Promise<EvidenceView> {
    const [claims, rates, packed] = await Promise.all([
      listClaims(this.#db, { workspaceId, livemode, most: claimsMax }),
      listRates(this.#db, { workspaceId, livemode, most: ratesMax }),
      findHeads(this.#db, { workspaceId, livemode }),
    ]);
    return evidenceView(claims, rates, packed && unpackHeads(packed));
  }
}

/** Puts together what is known of each task and model, and of each model over all tasks. */
function evidenceView(
  claims: readonly StoredClaim[],
  rates: readonly TaskRateRow[],
  heads?: LearnedHeads | undefined,
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
  for (const rate of rates) {
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
    find: (scope: EvidenceScope, model: string) => {
      if (scope === 'workspace') return ofWorkspace.get(undated(model));
      if ('task' in scope) return ofTasks.get(`${scope.task} ${undated(model)}`);
      return ofTopics.get(`${scope.topic} ${undated(model)}`);
    },
    heads,
    savingsOf: (group) =>
      savingsEvidence(
        group === undefined
          ? claims
          : claims.filter((claim) =>
              'task' in group ? claim.task === group.task : undated(claim.weak) === undated(group.model),
            ),
      ),
    claimOf: (task, weak, strong) => claimed.get(claimKey(task, weak, strong)),
  };
}

/** Each task counts by its pairs; what is not proven of a task is 0 of it. */
function savingsEvidence(claims: readonly StoredClaim[]): SavingsEvidence | null {
  let [pairs, agreed, lower] = [0, 0, 0];
  for (const claim of claims) {
    pairs += claim.pairs;
    agreed += claim.agreed;
    lower += claim.pairs * claim.lower;
  }
  return pairs === 0 ? null : { pairs, agreement: agreed / pairs, lower: lower / pairs };
}

function claimKey(task: string, weak: string, strong: string): string {
  return [task, weak, strong].join('\n');
}

/** Vendors answer as `gpt-4o-2024-08-06` where `gpt-4o` was asked for. */
function undated(model: string): string {
  return model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '');
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

function claimFields({ lower, isCleared, isWithdrawn }: StoredClaim): Partial<Evidence> {
  return {
    ...(lower > 0 ? { lower } : {}),
    ...(isCleared ? { clearedBy: 'agreement' as const } : {}),
    ...(isWithdrawn ? { withdrawn: true } : {}),
  };
}

const alarms = ['feedback', 'json_ok', 'tool_ok', 'error'] as const;

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
