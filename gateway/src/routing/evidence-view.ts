import { type Evidence, type EvidenceScope, type FindEvidence, noEvidence } from './evidence.ts';
import type { LearnedHeads } from './learned-heads.ts';
import type { TaskClaim } from './task-claim.ts';
import { isMostlyJudged, type StoredClaim } from './task-claim-store.ts';
import type { Signal, TaskRateRow } from './task-rates-store.ts';
import { besideOthers } from './usual-repeats.ts';

/** Heads, and the small model that they speak of. */
interface HeadsOfModel {
  learned: LearnedHeads;
  smallModel: string;
}

/** The knowledge of a workspace about its tasks, in one mode. */
export interface EvidenceView {
  find: FindEvidence;
  /** The pairs of a task; undefined before the first. */
  claimOf(task: string, weak: string, strong: string): TaskClaim | undefined;
  /** Undefined where the workspace has learned none, or none that are better than the rates of its tasks. */
  heads: HeadsOfModel | undefined;
}

/** Puts together what is known of each task and model, and of each model over all tasks. */
export function evidenceView(
  claims: readonly StoredClaim[],
  rates: readonly TaskRateRow[],
  heads: HeadsOfModel | undefined,
): EvidenceView {
  const claimed = new Map(claims.map((claim) => [claimKey(claim.task, claim.weak, claim.strong), claim]));
  const [tasks, topics, workspace] = [new GatheredByModel(), new GatheredByModel(), new GatheredByModel()];
  for (const rate of besideOthers(rates)) {
    const model = undated(rate.model);
    for (const gathered of [tasks.at(model, rate.task), workspace.at(model, everywhere)]) addRate(gathered, rate);
  }
  for (const claim of claims) {
    const model = undated(claim.weak);
    tasks.at(model, claim.task).claims.push(claim);
    topics.at(model, claim.topic).claims.push(claim);
    workspace.at(model, everywhere).claims.push(claim);
  }
  const [ofTasks, ofTopics, ofWorkspace] = [
    tasks.evidence('task'),
    topics.evidence('above'),
    workspace.evidence('above'),
  ];
  return {
    find:
      ofWorkspace.size === 0
        ? noEvidence
        : (scope: EvidenceScope, name: string) => {
            const model = undated(name);
            if (scope === 'workspace') return ofWorkspace.get(model)?.get(everywhere);
            return 'task' in scope ? ofTasks.get(model)?.get(scope.task) : ofTopics.get(model)?.get(scope.topic);
          },
    heads,
    claimOf: (task, weak, strong) => claimed.get(claimKey(task, weak, strong)),
  };
}

/** The name of a workspace as a whole, in place of a task’s. */
const everywhere = '';

/** By model, then by task or topic: a call that asks for a dozen of them joins no names. */
class GatheredByModel {
  readonly #models = new Map<string, Map<string, Gathered>>();

  at(model: string, name: string): Gathered {
    const byName = this.#models.get(model) ?? new Map<string, Gathered>();
    const found = byName.get(name) ?? { signals: new Map(), claims: [], outTokens: 0, answers: 0 };
    byName.set(name, found);
    this.#models.set(model, byName);
    return found;
  }

  evidence(scope: 'task' | 'above'): ReadonlyMap<string, ReadonlyMap<string, Evidence>> {
    const evidenceIn = (byName: ReadonlyMap<string, Gathered>) =>
      new Map([...byName].map(([name, gathered]) => [name, evidenceOf(gathered, scope)]));
    return new Map([...this.#models].map(([model, byName]) => [model, evidenceIn(byName)]));
  }
}

function claimKey(task: string, weak: string, strong: string): string {
  return [task, weak, strong].join('\n');
}

/** Vendors answer as `gpt-4o-2024-08-06` where `gpt-4o` was asked for. */
function undated(model: string): string {
  // Most names have no hyphen where a date begins, and a call asks for a dozen.
  const hasHyphen = model.charCodeAt(model.length - 11) === 45 || model.charCodeAt(model.length - 9) === 45;
  return !hasHyphen ? model : model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '');
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
