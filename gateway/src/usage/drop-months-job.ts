import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type CallMonth, type Dropped, dropMonth, listOldMonths, noteMissingMonths } from './call-months-store.ts';
import { listMixedMonths, takeSecondAnswersApart } from './quarters-apart-store.ts';
import { rollUp } from './roll-up-store.ts';

/**
 * Drops the calls of months whose last day is older than `callsKeptDays`, oldest first, and notes months that somebody else dropped.
 * A month that cannot be dropped yet is tried again the next time.
 */
export async function dropOldMonths(
  { db, log, now, callsKeptDays }: { db: Pool; log: Logger; now: () => number; callsKeptDays: number },
  signal: AbortSignal,
): Promise<void> {
  for (const { from } of await noteMissingMonths(db))
    log.warn(
      { month: nameOf(from) },
      `the calls of ${nameOf(from)} were dropped outside of the gateway; its sums stay, and verify-ledger cannot check its budgets`,
    );
  await takeMonthsApart({ db, log }, signal);
  for (const month of await listOldMonths(db, { nowMs: now(), days: callsKeptDays })) {
    if (signal.aborted) return;
    const name = nameOf(month.from);
    const dropped = await dropSummed({ db, now }, month, signal);
    if (dropped.kind === 'dropped')
      log.info(
        { month: name, calls: dropped.calls },
        `dropped the calls of ${name}: its last day is older than CALLS_KEPT_DAYS=${callsKeptDays}`,
      );
    else if (dropped.kind === 'open calls' || dropped.kind === 'not summed yet')
      log.warn({ month: name, reason: dropped.kind }, `the calls of ${name} stay for now: ${dropped.kind}`);
  }
}

/** A month that cannot be corrected yet keeps no other from it, and none from being dropped. */
async function takeMonthsApart({ db, log }: { db: Pool; log: Logger }, signal: AbortSignal): Promise<void> {
  for (const month of await listMixedMonths(db)) {
    if (signal.aborted) return;
    await takeSecondAnswersApart(db, month, signal).catch((error: unknown) => {
      const name = nameOf(month.from);
      log.warn(
        { err: error, month: name },
        `the sums of ${name} count second answers as requests for now: they will be corrected later`,
      );
    });
  }
}

/** How long a drop waits for sums that another timer or another process is making. */
const patienceMs = 300_000;

/** The sums remain when the calls are dropped, so these come first. */
async function dropSummed(
  { db, now }: { db: Pool; now: () => number },
  month: CallMonth,
  signal: AbortSignal,
): Promise<Dropped> {
  for (const until = performance.now() + patienceMs; ; ) {
    while (!signal.aborted && (await rollUp(db, now())));
    const dropped = await dropMonth(db, month);
    if (dropped.kind !== 'not summed yet' || signal.aborted || performance.now() > until) return dropped;
    await sleep(1_000, undefined, { signal }).catch(() => {});
  }
}

/** `2026-11` */
function nameOf(month: Date): string {
  return month.toISOString().slice(0, 7);
}
