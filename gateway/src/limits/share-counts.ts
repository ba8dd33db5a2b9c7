import { notify } from '../db/notify.ts';
import { findOtherProcess } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import type { CountNews, CountPast, RateLimiter } from './rate-limiter.ts';
import type { LoopDetector, LoopNews, LoopPast } from './loop-detector.ts';

/** NOTIFY carries less than 8,000 bytes. */
const payloadMax = 7_000;

/** What a process has let through since it last told the others. */
interface News {
  limits: CountNews[];
  loops: LoopNews[];
}

/** What a process knows, for one that has begun. */
interface Past {
  limits: CountPast[];
  loops: LoopPast[];
}

/** Asks one process for what it knows, or is its answer. */
type PastMessage = { from: string; to: string } & ({ kind: 'ask' } | ({ kind: 'past' } & Past));

export interface Counting {
  db: Db;
  processId: string;
  rateLimiter: RateLimiter;
  loopDetector: LoopDetector;
  now: () => number;
}

/** Tells the other processes what this one let through lately. With none around nothing is gathered and nothing told. */
export async function shareCounts({ db, processId, rateLimiter, loopDetector, now }: Counting): Promise<void> {
  const { rows } = await db.query('select count(*)::integer as processes from processes');
  const hasOthers = ((rows[0] as { processes: number } | undefined)?.processes ?? 1) > 1;
  rateLimiter.hasOthers = hasOthers;
  loopDetector.hasOthers = hasOthers;
  rateLimiter.sweep(now());
  loopDetector.sweep(now());
  if (!hasOthers) return;
  const parts: News[] = [
    ...rateLimiter.takeNews(now()).map((one) => ({ limits: [one], loops: [] })),
    ...loopDetector.takeNews().flatMap(loopParts),
  ];
  await notify(db, 'counts', pack({ from: processId }, parts));
}

export function hearCounts(payload: string, { processId, rateLimiter, loopDetector, now }: Counting): void {
  const news = JSON.parse(payload) as News & { from: string };
  if (news.from === processId) return;
  rateLimiter.heard(news.from, news.limits, now());
  loopDetector.heard(news.loops, now());
}

/**
 * A process that begins knows nothing of the last minute, and would let through again what others have counted already: it asks
 * one of them. What was being told at that moment it may count twice.
 */
export async function askForPast({ db, processId }: Counting): Promise<void> {
  const to = await findOtherProcess(db, processId);
  const message: PastMessage | undefined = to === undefined ? undefined : { from: processId, to, kind: 'ask' };
  await notify(db, 'counts_past', message === undefined ? [] : [JSON.stringify(message)]);
}

/** Of another process that asks, or answers. */
export async function hearPast(payload: string, { db, processId, rateLimiter, loopDetector, now }: Counting): Promise<void> {
  const message = JSON.parse(payload) as PastMessage;
  if (message.to !== processId) return;
  if (message.kind === 'past') {
    rateLimiter.learn(message.limits, now());
    loopDetector.learn(message.loops, now());
    return;
  }
  const parts: Past[] = [
    ...rateLimiter.past(now()).map((one) => ({ limits: [one], loops: [] })),
    ...loopDetector.past(now()).flatMap(pastParts),
  ];
  await notify(db, 'counts_past', pack({ from: processId, kind: 'past', to: message.from }, parts));
}

const promptsAtOnce = 50;

/** A scenario with very many prompts is told in several pieces. */
function loopParts(news: LoopNews): News[] {
  const parts: News[] = [{ limits: [], loops: [{ ...news, repeats: news.repeats.slice(0, promptsAtOnce) }] }];
  for (let at = promptsAtOnce; at < news.repeats.length; at += promptsAtOnce)
    parts.push({
      limits: [],
      loops: [{ key: news.key, calls: 0, nanos: 0, repeats: news.repeats.slice(at, at + promptsAtOnce) }],
    });
  return parts;
}

/** The ages of a prompt take up to ten times as much as its count. */
const pastPromptsAtOnce = 5;

function pastParts({ key, calls, nanos, repeats }: LoopPast): Past[] {
  const parts: Past[] = [{ limits: [], loops: [{ key, calls, nanos, repeats: [] }] }];
  for (let at = 0; at < repeats.length; at += pastPromptsAtOnce)
    parts.push({
      limits: [],
      loops: [{ key, calls: [], nanos: [], repeats: repeats.slice(at, at + pastPromptsAtOnce) }],
    });
  return parts;
}

/** As few messages as will do. */
function pack(head: object, parts: readonly { limits: unknown[]; loops: unknown[] }[]): string[] {
  const payloads: string[] = [];
  let limits: unknown[] = [];
  let loops: unknown[] = [];
  let bytes = 0;
  const end = (): void => {
    if (limits.length + loops.length > 0) payloads.push(JSON.stringify({ ...head, limits, loops }));
    limits = [];
    loops = [];
    bytes = 0;
  };
  for (const part of parts) {
    const more = Buffer.byteLength(JSON.stringify(part));
    if (bytes + more > payloadMax - 200) end();
    limits.push(...part.limits);
    loops.push(...part.loops);
    bytes += more;
  }
  end();
  return payloads;
}
