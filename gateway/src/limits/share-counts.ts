import { notify } from '../db/notify.ts';
import { countProcesses, findOtherProcess } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import type { LoopDelta, LoopDetector, LoopHistory } from './loop-detector.ts';
import type { CountDelta, CountHistory, RateLimiter } from './rate-limiter.ts';

/** NOTIFY carries less than 8,000 bytes. */
const payloadMax = 7_000;
/** The past of many keys and scenarios is sent in pieces, and calls have their turns between two of them. */
const payloadsAtOnce = 20;

/** The calls that a process has admitted since its last message to the others. */
interface CountDeltas {
  limits: CountDelta[];
  loops: LoopDelta[];
}

/** A process's counts, for a new process. */
interface CountHistories {
  limits: CountHistory[];
  loops: LoopHistory[];
}

/** Asks one process for what it knows, or is its answer. */
type HistoryMessage = { from: string; to: string } & ({ kind: 'ask' } | ({ kind: 'past' } & CountHistories));

export interface Counting {
  db: Db;
  processId: string;
  rateLimiter: RateLimiter;
  loopDetector: LoopDetector;
  now: () => number;
}

/** Tells the other processes what this one let through lately. Without another process nothing is gathered or sent. */
export async function shareCounts({ db, processId, rateLimiter, loopDetector, now }: Counting): Promise<void> {
  // First, and so also while the database is away.
  rateLimiter.sweep(now());
  loopDetector.sweep(now());
  const hasOthers = (await countProcesses(db)) > 1;
  rateLimiter.hasOthers = hasOthers;
  loopDetector.hasOthers = hasOthers;
  if (!hasOthers) return;
  const parts: CountDeltas[] = [
    ...rateLimiter.takeDeltas(now()).map((one) => ({ limits: [one], loops: [] })),
    ...loopDetector.takeDeltas().flatMap(loopParts),
  ];
  await notify(db, 'counts', [...packed({ from: processId }, parts)]);
}

export function mergePeerCounts(payload: string, { processId, rateLimiter, loopDetector, now }: Counting): void {
  const deltas = JSON.parse(payload) as CountDeltas & { from: string };
  if (deltas.from === processId) return;
  rateLimiter.merge(deltas.from, deltas.limits, now());
  loopDetector.merge(deltas.loops, now());
}

/**
 * A process that begins knows nothing of the last minute, and would let through again what others have counted already: it asks
 * one of them. A message that is on its way at that moment may count twice, and so may a call that is admitted or ends while the
 * past is sent: it is part of the past and of the next message.
 */
export async function requestPeerHistory({ db, processId }: Counting): Promise<void> {
  const to = await findOtherProcess(db, processId);
  const message: HistoryMessage | undefined = to === undefined ? undefined : { from: processId, to, kind: 'ask' };
  await notify(db, 'counts_past', message === undefined ? [] : [JSON.stringify(message)]);
}

/** Of another process that asks, or answers. */
export async function onPeerHistory(
  payload: string,
  { db, processId, rateLimiter, loopDetector, now }: Counting,
): Promise<void> {
  const message = JSON.parse(payload) as HistoryMessage;
  if (message.to !== processId) return;
  if (message.kind === 'past') {
    rateLimiter.mergeHistory(message.limits, now());
    loopDetector.mergeHistory(message.loops, now());
    return;
  }
  const head = { from: processId, kind: 'past', to: message.from };
  let payloads: string[] = [];
  for (const payload of packed(head, pastOf({ rateLimiter, loopDetector, now }))) {
    payloads.push(payload);
    if (payloads.length < payloadsAtOnce) continue;
    await notify(db, 'counts_past', payloads);
    payloads = [];
  }
  await notify(db, 'counts_past', payloads);
}

function* pastOf({
  rateLimiter,
  loopDetector,
  now,
}: Pick<Counting, 'rateLimiter' | 'loopDetector' | 'now'>): Generator<CountHistories> {
  for (const one of rateLimiter.history(now)) yield { limits: [one], loops: [] };
  for (const one of loopDetector.history(now)) yield* historyParts(one);
}

const promptsAtOnce = 50;

/** A scenario with very many prompts is sent in several pieces. */
function loopParts(delta: LoopDelta): CountDeltas[] {
  const parts: CountDeltas[] = [{ limits: [], loops: [{ ...delta, repeats: delta.repeats.slice(0, promptsAtOnce) }] }];
  for (let at = promptsAtOnce; at < delta.repeats.length; at += promptsAtOnce)
    parts.push({
      limits: [],
      loops: [{ key: delta.key, calls: 0, nanos: 0, repeats: delta.repeats.slice(at, at + promptsAtOnce) }],
    });
  return parts;
}

/** The ages of a prompt take up to ten times as much as its count. */
const historyPromptsAtOnce = 5;

function historyParts({ key, calls, nanos, repeats }: LoopHistory): CountHistories[] {
  const parts: CountHistories[] = [{ limits: [], loops: [{ key, calls, nanos, repeats: [] }] }];
  for (let at = 0; at < repeats.length; at += historyPromptsAtOnce)
    parts.push({
      limits: [],
      loops: [{ key, calls: [], nanos: [], repeats: repeats.slice(at, at + historyPromptsAtOnce) }],
    });
  return parts;
}

/** As few messages as will do. */
function* packed(head: object, parts: Iterable<{ limits: unknown[]; loops: unknown[] }>): Generator<string> {
  let [limits, loops]: [unknown[], unknown[]] = [[], []];
  let bytes = 0;
  for (const part of parts) {
    const more = Buffer.byteLength(JSON.stringify(part));
    if (bytes > 0 && bytes + more > payloadMax - 200) {
      yield JSON.stringify({ ...head, limits, loops });
      [limits, loops] = [[], []];
      bytes = 0;
    }
    limits.push(...part.limits);
    loops.push(...part.loops);
    bytes += more;
  }
  if (bytes > 0) yield JSON.stringify({ ...head, limits, loops });
}
