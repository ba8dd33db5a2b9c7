import { type Evidence, type EvidenceScope, type FindEvidence, noEvidence } from './evidence.ts';
import { LeadingClaims, undated } from './leading-claim.ts';
import type { LearnedHeads } from './learned-heads.ts';
import type { Pieces } from './pieces.ts';
import { rowsInSlice, type Slice } from './slices.ts';
import { isRepresentative } from './task-claim.ts';
import { isMostlyJudged, type StoredClaim } from './task-claim-store.ts';
import type { Signal, TaskRateRow } from './task-rates-store.ts';
import { UsualRepeats } from './usual-repeats.ts';

/** Heads, and the small model that they speak of. */
interface HeadsOfModel {
  learned: LearnedHeads;
  smallModel: string;
}

/** The knowledge of a workspace about its tasks, in one mode. */
export interface EvidenceView {
  find: FindEvidence;
  /** The pairs of a task; undefined before the first. */
  claimOf(task: string, weak: string, strong: string): StoredClaim | undefined;
  /** Undefined where the workspace has learned none, or none that are better than the rates of its tasks. */
  heads: HeadsOfModel | undefined;
}

interface EvidenceRows {
  claims: readonly Slice<StoredClaim>[];
  rates: readonly Slice<TaskRateRow>[];
  /** Whether a claim counts: its judge may have changed. */
  isCurrent: (claim: StoredClaim) => boolean;
  /** The strong models of the settings, in their order: see `strongModelsOf`. */
  strongModels?: readonly string[] | undefined;
}

/** The view, and the claims that count, the latest first. `rows` is how many it is made of. */
interface BuiltEvidence {
  view: EvidenceView;
  claims: readonly StoredClaim[];
  rows: number;
}

/** Puts together what is known of each task and model, and of each model over all tasks: a slice of rows in each piece. */
export function* evidenceInPieces(given: EvidenceRows, heads?: HeadsOfModel): Pieces<BuiltEvidence> {
  const claimed = new Map<string, StoredClaim>();
  const current: StoredClaim[] = [];
  const [tasks, topics, workspace] = [new GatheredByModel(), new GatheredByModel(), new GatheredByModel()];
  const repeats = new UsualRepeats();
  const leading = new LeadingClaims(given.strongModels ?? []);
  const rates: TaskRateRow[][] = [];
  for (const slice of given.rates) {
    const read = slice.read();
    repeats.add(read);
    rates.push(read);
    yield;
  }
  for (const slice of rates) {
    for (const one of slice) {
      const rate = repeats.beside(one);
      if (rate === undefined) continue;
      const model = undated(rate.model);
      addRate(tasks.at(model, rate.task), rate);
      addRate(workspace.at(model, everywhere), rate);
    }
    yield;
  }
  for (const slice of given.claims) {
    for (const claim of slice.read()) {
      if (!given.isCurrent(claim)) continue;
      const model = undated(claim.weak);
      current.push(claim);
      leading.note(claim);
      claimed.set(claimKey(claim.task, claim.weak, claim.strong), claim);
      tasks.at(model, claim.task).claims.push(claim);
      topics.at(model, claim.topic).claims.push(claim);
      workspace.at(model, everywhere).claims.push(claim);
    }
    yield;
  }
  const ofTasks = yield* tasks.evidenceInPieces(leading);
  const ofTopics = yield* topics.evidenceInPieces(undefined);
  const ofWorkspace = yield* workspace.evidenceInPieces(undefined);
  const find: FindEvidence = (scope: EvidenceScope, name: string) => {
    const model = undated(name);
    if (scope === 'workspace') return ofWorkspace.get(model)?.get(everywhere);
    return 'task' in scope ? ofTasks.get(model)?.get(scope.task) : ofTopics.get(model)?.get(scope.topic);
  };
  const view: EvidenceView = {
    find: ofWorkspace.size === 0 ? noEvidence : find,
    heads,
    claimOf: (task, weak, strong) => claimed.get(claimKey(task, weak, strong)),
  };
  return { view, claims: current, rows: current.length + rates.reduce((sum, { length }) => sum + length, 0) };
}

/** The name of a workspace as a whole, in place of a task’s. */
const everywhere = '';

/** By model, then by task or topic: a call that asks for a dozen of them joins no names. */
class GatheredByModel {
  readonly #models = new Map<string, Map<string, Gathered>>();

  at(model: string, name: string): Gathered {
    let byName = this.#models.get(model);
    if (byName === undefined) {
      byName = new Map();
      this.#models.set(model, byName);
    }
    let found = byName.get(name);
    if (found === undefined) {
      found = { signals: new Map(), claims: [], outTokens: 0, answers: 0 };
      byName.set(name, found);
    }
    return found;
  }

  /** `leading`: of tasks one claim counts, and above them all do. */
  *evidenceInPieces(leading: LeadingClaims | undefined): Pieces<ReadonlyMap<string, ReadonlyMap<string, Evidence>>> {
    const all = new Map<string, ReadonlyMap<string, Evidence>>();
    let made = 0;
    for (const [model, byName] of this.#models) {
      const ofModel = new Map<string, Evidence>();
      for (const [name, gathered] of byName) {
        ofModel.set(name, evidenceOf(gathered, leading));
        made += 1;
        if (made % rowsInSlice === 0) yield;
      }
      all.set(model, ofModel);
    }
    return all;
  }
}

function claimKey(task: string, weak: string, strong: string): string {
  return [task, weak, strong].join('\n');
}

/** Calls with a signal: how many, and their number and marks as far as these have not faded. */
interface SignalSum {
  calls: number;
  n: number;
  okSum: number;
}

interface Gathered {
  signals: Map<Signal, SignalSum>;
  /** Against one strong model or several, the latest first. */
  claims: StoredClaim[];
  outTokens: number;
  answers: number;
}

function addRate(gathered: Gathered, { signal, n, okSum, outTokensSum, fade }: TaskRateRow): void {
  const sum = gathered.signals.get(signal);
  if (sum === undefined) gathered.signals.set(signal, { calls: n, n: n * fade, okSum: okSum * fade });
  else {
    sum.calls += n;
    sum.n += n * fade;
    sum.okSum += okSum * fade;
  }
  if (signal !== 'error' && signal !== 'length') return;
  gathered.outTokens += outTokensSum;
  gathered.answers += okSum;
}

/** Thousands of answers that parse must not outweigh a hundred that were compared: they only raise alarms. */
const alarmLabelsMax = 100;

function evidenceOf({ signals, claims, outTokens, answers }: Gathered, leading: LeadingClaims | undefined): Evidence {
  const worst = worstOf(signals);
  const weight = worst === undefined ? 0 : Math.min(1, alarmLabelsMax / worst.calls);
  const ofTask = leading?.of(claims);
  const counted = leading === undefined ? claims : ofTask === undefined ? [] : [ofTask];
  return {
    pairs: counted.reduce((sum, one) => sum + one.pairs, 0),
    agreeing: counted.reduce((sum, one) => sum + one.agreed, 0),
    n: worst === undefined ? 0 : worst.n * weight,
    okSum: worst === undefined ? 0 : worst.okSum * weight,
    ...(answers > 0 ? { outTokensMean: outTokens / answers, answers } : {}),
    ...(ofTask === undefined ? {} : claimFields(ofTask)),
  };
}

function claimFields(claim: StoredClaim): Partial<Evidence> {
  const { lower, upper, pairs, judged, isCleared, isWithdrawn } = claim;
  const isJudged = isMostlyJudged({ judged, pairs });
  return {
    ...(lower > 0 && isRepresentative(claim) ? { lower } : {}),
    ...(upper < 1 ? { upper } : {}),
    ...(isCleared ? { clearedBy: isJudged ? ('judge' as const) : ('agreement' as const) } : {}),
    ...(isJudged ? { isJudged } : {}),
    ...(isWithdrawn ? { withdrawn: true } : {}),
  };
}

const alarms = ['feedback', 'json_ok', 'tool_ok', 'retry', 'error'] as const;

/** The signal with the lowest rate, by calls enough to say so. */
function worstOf(signals: Gathered['signals']): SignalSum | undefined {
  let worst: SignalSum | undefined;
  for (const signal of alarms) {
    const sum = signals.get(signal);
    if (sum !== undefined && sum.n > 0 && (worst === undefined || rateOf(sum) < rateOf(worst))) worst = sum;
  }
  return worst;
}

function rateOf({ n, okSum }: SignalSum): number {
  return (okSum + 5) / (n + 5);
}
