import { dropOldAudit } from './audit/drop-audit-job.ts';
import { deleteOldBackground } from './background/background-store.ts';
import { deliverCallbacks } from './background/deliver-callbacks.ts';
import { TaskPool } from './background/task-pool.ts';
import { deleteOldStripeEvents } from './billing/bought-plan-store.ts';
import { reportOverage } from './billing/report-overage-job.ts';
import { beginPeriods } from './budgets/begin-periods-job.ts';
import { deleteExpired, deleteOfEarlierEpochs } from './cache/cached-answer-store.ts';
import { adoptOrphans } from './calls/adopt-orphans-job.ts';
import { answerTwice } from './calls/answer-twice.ts';
import { runBackground } from './calls/run-background.ts';
import { forgetOldAnswers } from './calls/stored-answer-store.ts';
import { eraseNarrowLeft, rememberErasures, sweepErased } from './clients/erase-client.ts';
import { repeatWorkspaces, sweepWorkspaces } from './clients/erase-workspace.ts';
import { databaseWatch } from './db/watch-database-job.ts';
import { deleteOldEvents } from './events/event-store.ts';
import { judgeExperiments } from './experiments/judge-experiments-job.ts';
import { deleteOldFeedback } from './feedback/feedback-store.ts';
import { deleteOldKeys, freeKeysOfDead } from './idempotency/idempotency-store.ts';
import { takeInUnwritten } from './ledger/take-in-unwritten-job.ts';
import { type Counting, shareCounts } from './limits/share-counts.ts';
import { repeatErasedPeople } from './members/erased-people.ts';
import { forgetOldSignIns } from './people/failure-store.ts';
import { refusedKeysCheck } from './routing/check-accounts-job.ts';
import { forgetAccounts } from './routing/forget-accounts-job.ts';
import { learnAllHeads } from './routing/learn-heads-job.ts';
import { countFeedback, countRates, forgetOldTasks } from './routing/task-rates-store.ts';
import { watchLatency, watchProviders } from './routing/watch-providers-job.ts';
import type { Services } from './services.ts';
import { forgetUsed } from './sso/used-store.ts';
import { watchStatus } from './status/watch-status-job.ts';
import { SparingLog } from './telemetry/sparing-log.ts';
import { deleteOldFailures } from './usage/call-detail-store.ts';
import { ensureCallPartitions } from './usage/call-store.ts';
import { ClockWatch } from './usage/clock-watch.ts';
import { dropOldMonths } from './usage/drop-months-job.ts';
import { deleteOldRefusals } from './usage/refusal-store.ts';
import { rollUp } from './usage/roll-up-store.ts';
import { replanDeliveries } from './webhooks/deliver-webhook.ts';
import { deleteOldDeliveries } from './webhooks/delivery-store.ts';

export interface Jobs {
  /** Ends what is under way within `graceMs`; resolves when nothing of it runs any more. */
  stop(graceMs: number): Promise<void>;
}

const soonMs = 300;
const refusalsKeptDays = 90;
const forgetFirstMs = 300_000;
/** With the way there, others hear of a call within half a second. */
const shareEveryMs = 250;

/** The jobs that run on a timer. Each job waits for itself, so a slow one is late, never twice at once. */
export function startJobs(services: Services, counting: Counting): Jobs {
  const { db } = services;
  const stopping = new AbortController();
  const calls = new TaskPool({ atOnce: 20 });
  const callbacks = new TaskPool({ atOnce: 20 });
  const shadows = new TaskPool({ atOnce: 4 });
  const sparing = new SparingLog({ log: services.log, now: () => performance.now() });
  const clock = new ClockWatch(services);
  let isStopping = false;
  /** Soon after a start, too: a process may be replaced every hour. */
  const forgetting: readonly (readonly [string, () => Promise<boolean>])[] = [
    [
      'forget old failed attempts',
      () => deleteOldFailures(db, { nowMs: services.now(), days: services.callsKeptDays }),
    ],
    [
      'forget old events',
      async () =>
        clock.isTrusted() && (await deleteOldEvents(db, { nowMs: services.now(), days: services.callsKeptDays })),
    ],
    ['forget old feedback', () => deleteOldFeedback(db)],
    ['forget old refusals', () => deleteOldRefusals(db, { nowMs: services.now(), days: refusalsKeptDays })],
    ['forget old events of Stripe', () => deleteOldStripeEvents(db)],
    ['forget old deliveries', () => deleteOldDeliveries(db)],
    ['forget old background calls', () => deleteOldBackground(db)],
    ['forget old stored answers', () => forgetOldAnswers(db)],
    ['forget emptied caches', () => deleteOfEarlierEpochs(db)],
    ['forget used states of sign-ins', () => forgetUsed(db)],
    ['forget old sign-ins', () => forgetOldSignIns(db)],
  ];
  const jobs = [
    // These two begin what waits and leave it to itself: a slow call or receiver holds up no other.
    repeat('run background calls', soonMs, () => runBackground(services, calls, stopping.signal)),
    repeat('deliver callbacks', soonMs, () => deliverCallbacks(services, callbacks)),
    repeat('answer calls twice', soonMs, async () =>
      answerTwice(services, shadows, { signal: stopping.signal, isStopping: () => isStopping }),
    ),
    repeat('adopt orphans', 10_000, () => adoptOrphans(services)),
    repeat('free idempotency keys of processes that are gone', 3_600_000, () => freeKeysOfDead(db), forgetFirstMs),
    repeat('forget old idempotency keys', 10_000, () => inPieces(() => deleteOldKeys(db))),
    repeat('forget old cached answers', 300_000, () => inPieces(() => deleteExpired(db))),
    ...forgetting.map(([name, deletePiece]) => repeat(name, 3_600_000, () => inPieces(deletePiece), forgetFirstMs)),
    repeat('take in calls that were kept in a file', 5_000, () => takeInUnwritten(services)),
    repeat('return idle leases', 2_000, () => services.ledger.sweep()),
    repeat('reset budgets whose period is over', 1_000, () => beginPeriods(services)),
    repeat('tell the other processes what was admitted', shareEveryMs, () => shareCounts(counting)),
    repeat('watch the status', 15_000, () => watchStatus(services), 1_000),
    repeat('hand on what changed', 200, () => services.live.round()),
    repeat('write down when keys were last used', 60_000, () => services.noteKeyUses()),
    repeat('write down refusals', 1_000, () => services.refusals.flush()),
    repeat('write down failed attempts', 1_000, () => services.failureLog.flush()),
    repeat('judge experiments', 1_000, () => judgeExperiments(services)),
    repeat('sum up usage', 60_000, async () => {
      while (!stopping.signal.aborted && (await rollUp(services.db, services.now())));
    }),
    repeat('count how models do at tasks', 60_000, async () => {
      while (!stopping.signal.aborted && (await countRates(services.db, services.now())));
      while (!stopping.signal.aborted && (await countFeedback(services.db, services.now())));
    }),
    repeat('learn from texts', 3_600_000, () => learnAllHeads(services, stopping.signal), 600_000),
    repeat('forget old tasks', 3_600_000, () => forgetOldTasks(db), forgetFirstMs),
    repeat('report overage to Stripe', 30_000, () => reportOverage(services)),
    repeat('watch the providers', 1_000, () => watchProviders(services)),
    repeat('try refused keys again', 30_000, refusedKeysCheck(services)),
    repeat('forget provider accounts that were deleted', 3_600_000, () => forgetAccounts(services), forgetFirstMs),
    repeat('watch latency', 60_000, () => watchLatency(services)),
    repeat('deliver what was left waiting', 60_000, () => replanDeliveries(services)),
    repeat('look at the disk', 30_000, () => services.disk.look()),
    repeat('erase what was under way', 1_000, () => sweepErased(services)),
    repeat('delete what was under way', 1_000, () => sweepWorkspaces(services)),
    repeat('remember what was erased', 3_600_000, async () => {
      await rememberErasures(services);
      await repeatWorkspaces(services);
      await repeatErasedPeople(services);
    }),
    repeat('erase what older versions left in sums', 3_600_000, () => eraseNarrowLeft(services)),
    repeat(
      'drop the old audit log',
      3_600_000,
      () => trusted(() => dropOldAudit(services, stopping.signal)),
      forgetFirstMs,
    ),
    repeat('drop old months', 3_600_000, () => trusted(() => dropOldMonths(services, stopping.signal)), 60_000),
    repeat('watch the database', 60_000, databaseWatch(services)),
    repeat('make partitions', 6 * 3_600_000, () => ensureCallPartitions(services.db, services.now())),
  ];

  async function trusted(drop: () => Promise<void>): Promise<void> {
    if (clock.isTrusted()) await drop();
  }

  /** Until nothing is left, or the process stops. */
  async function inPieces(deletePiece: () => Promise<boolean>): Promise<void> {
    while (!isStopping && (await deletePiece()));
  }

  function repeat(
    name: string,
    everyMs: number,
    work: () => Promise<unknown>,
    firstMs = everyMs,
  ): { cancel(): void; done(): Promise<void> } {
    let running: Promise<void> = Promise.resolve();
    let timer: NodeJS.Timeout;
    const plan = (waitMs: number): void => {
      timer = setTimeout(() => {
        running = work()
          .then(() => services.metrics.jobEnded(name, { isDone: true }))
          .catch((error: unknown) => {
            services.metrics.jobEnded(name, { isDone: false });
            sparing.warn(error, name, { err: error, job: name }, 'a job failed and will be tried again');
          })
          .finally(() => {
            if (!isStopping) plan(everyMs);
          });
      }, waitMs);
      timer.unref();
    };
    plan(firstMs);
    return { cancel: () => clearTimeout(timer), done: () => running };
  }

  return {
    stop: async (graceMs) => {
      isStopping = true;
      for (const job of jobs) job.cancel();
      const grace = setTimeout(() => stopping.abort(), graceMs);
      await Promise.all(jobs.map((job) => job.done()));
      // A job that runs may start calls and callbacks. No job runs now, so the lists of both are complete.
      await Promise.all([calls.done(), callbacks.done(), shadows.done()]);
      clearTimeout(grace);
      stopping.abort();
    },
  };
}
