import type { Db } from '../db/transaction.ts';
import type { LoopBoard, LoopNews } from '../scenarios/loop-board.ts';
import type { CountNews, LimitBoard } from './limit-board.ts';

/** NOTIFY carries less than 8,000 bytes. */
const payloadMax = 7_000;

interface Shared {
  from: string;
  limits: CountNews[];
  loops: LoopNews[];
}

/** Tells the other processes what this one let through lately. With none around nothing is gathered and nothing told. */
export async function shareCounts(
  db: Db,
  options: { processId: string; limits: LimitBoard; loops: LoopBoard; nowMs: number },
): Promise<void> {
  const { processId, limits, loops, nowMs } = options;
  const { rows } = await db.query('select count(*)::integer as processes from processes');
  const hasOthers = ((rows[0] as { processes: number } | undefined)?.processes ?? 1) > 1;
  limits.hasOthers = hasOthers;
  loops.hasOthers = hasOthers;
  limits.sweep(nowMs);
  loops.sweep(nowMs);
  if (!hasOthers) return;
  const parts: Omit<Shared, 'from'>[] = [
    ...limits.takeNews(nowMs).map((one) => ({ limits: [one], loops: [] })),
    ...loops.takeNews().flatMap(loopParts),
  ];
  for (const payload of pack(processId, parts)) await db.query("select pg_notify('counts', $1)", [payload]);
}

/** A scenario with very many prompts is told in several pieces. */
function loopParts(news: LoopNews): Omit<Shared, 'from'>[] {
  const parts = [{ limits: [], loops: [{ ...news, repeats: news.repeats.slice(0, 50) }] }];
  for (let at = 50; at < news.repeats.length; at += 50)
    parts.push({
      limits: [],
      loops: [{ key: news.key, calls: 0, nanos: 0, repeats: news.repeats.slice(at, at + 50) }],
    });
  return parts;
}

function pack(from: string, parts: readonly Omit<Shared, 'from'>[]): string[] {
  const payloads: string[] = [];
  let shared: Shared = { from, limits: [], loops: [] };
  for (const part of parts) {
    const next = { from, limits: [...shared.limits, ...part.limits], loops: [...shared.loops, ...part.loops] };
    if (Buffer.byteLength(JSON.stringify(next)) > payloadMax) {
      payloads.push(JSON.stringify(shared));
      shared = { from, ...part };
    } else shared = next;
  }
  if (shared.limits.length + shared.loops.length > 0) payloads.push(JSON.stringify(shared));
  return payloads;
}

export function hearCounts(
  payload: string,
  options: { processId: string; limits: LimitBoard; loops: LoopBoard; nowMs: number },
): void {
  const shared = JSON.parse(payload) as Shared;
  if (shared.from === options.processId) return;
  options.limits.heard(shared.from, shared.limits, options.nowMs);
  options.loops.heard(shared.loops, options.nowMs);
}
