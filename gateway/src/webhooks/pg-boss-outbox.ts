import type { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { newId } from '../accounts/new-id.ts';
import { subscriberOf } from '../accounts/own-tags.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { lockUntilCommit } from '../db/transaction-settings.ts';
import { type NewEvent, nextEventMs } from '../events/event.ts';
import { insertEvents, type StoredEvent, viewEvent } from '../events/event-store.ts';
import type { Outbox } from '../events/outbox.ts';
import { eventDataFor } from '../events/scenario-in-event.ts';
import { faultOf, SparingLog } from '../telemetry/sparing-log.ts';
import { billedEventData, markupOf } from '../usage/markup.ts';
import { type BossHome, bossDatabase } from './boss-home-store.ts';
import { type DeliveryRow, insertDelivery } from './delivery-store.ts';
import { webhooksFor } from './webhook-store.ts';

/** Deliveries to one webhook, in the order in which their events happened. */
export interface DeliveryJob {
  workspaceId: string;
  webhookId: string;
  ids: string[];
}

/** One job for each webhook, its deliveries in the order given. */
export function jobsOf(
  deliveries: readonly { workspaceId: string; webhookId: string; id: string }[],
): Iterable<DeliveryJob> {
  const jobs = new Map<string, DeliveryJob>();
  for (const { workspaceId, webhookId, id } of deliveries) {
    const job = jobs.get(webhookId) ?? { workspaceId, webhookId, ids: [] };
    job.ids.push(id);
    jobs.set(webhookId, job);
  }
  return jobs.values();
}

const queue = 'webhook-deliveries';
/** A job to a receiver that hangs holds one of these for its turn and fifteen seconds at most. */
const pollersMax = 12;
/** Each asks the database every two seconds, also when nothing is due. */
const pollersMin = 4;
const pollSeconds = 2;

/**
 * Events and their deliveries, written in the transaction that makes them so. pg-boss has each delivery as a job, made in that
 * same transaction: what is committed will be tried, whatever dies meanwhile.
 */
export class PgBossOutbox implements Outbox {
  readonly #boss: PgBoss;
  readonly #db: Pool;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #pollers: number;
  readonly #onRecorded: (event: NewEvent) => void;
  #pollerIds: string[] = [];
  #next = 0;
  #latestMs = 0;

  /** `workers`: so many processes of this gateway share the deliveries. */
  constructor(options: {
    db: Pool;
    now: () => number;
    log: Logger;
    home: BossHome;
    workers: number;
    /** Called within the transaction that records it. */
    onRecorded: (event: NewEvent) => void;
  }) {
    this.#onRecorded = options.onRecorded;
    this.#pollers = Math.max(pollersMin, Math.ceil(pollersMax / options.workers));
    this.#db = options.db;
    this.#now = options.now;
    this.#log = options.log;
    this.#boss = new PgBoss({
      // The gateway's own pool: one place that knows how to reach the database.
      db: bossDatabase(options.db),
      ...options.home,
      // Nothing is scheduled by cron.
      schedule: false,
    });
    const sparing = new SparingLog(options);
    this.#boss.on('error', (error) =>
      sparing.warn(error, 'pg-boss', { reason: faultOf(error) }, 'pg-boss had trouble and will try again'),
    );
  }

  async start(deliver: (job: DeliveryJob) => Promise<void>): Promise<void> {
    // One process at a time makes pg-boss's schema: of two on an empty database one would fail.
    await withTransaction(this.#db, async (tx) => {
      await lockUntilCommit(tx, 'ai-gateway pg-boss');
      await this.#boss.start();
      await this.#boss.createQueue(queue, {
        retryLimit: 10,
        retryDelay: 5,
        // Then it is taken for lost: three times what a job takes at most.
        expireInSeconds: 60,
        deleteAfterSeconds: 3_600,
      });
    });
    for (let i = 0; i < this.#pollers; i++)
      this.#pollerIds.push(
        await this.#boss.work<DeliveryJob>(
          queue,
          { pollingIntervalSeconds: pollSeconds, batchSize: 1 },
          async ([job]) => {
            if (job !== undefined) await deliver(job.data);
          },
        ),
      );
  }

  async record(tx: Db, events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const stored = events.map((event): StoredEvent => {
      this.#latestMs = nextEventMs(this.#latestMs, this.#now());
      return { ...event, id: newId('evt', this.#latestMs), createdAtMs: this.#latestMs };
    });
    await insertEvents(tx, stored);
    const made: DeliveryRow[] = [];
    for (const event of stored) {
      const view = viewEvent(event);
      for (const { id: webhookId, bound, markupPercent } of await webhooksFor(tx, event)) {
        const { workspaceId } = event;
        const id = newId('del', event.createdAtMs);
        const billed = billedEventData(view.data, markupOf(markupPercent));
        made.push(
          await insertDelivery(tx, {
            workspaceId,
            id,
            webhookId,
            event: { ...view, data: eventDataFor(subscriberOf(bound), { ...event, data: billed }) },
          }),
        );
      }
    }
    for (const job of jobsOf(made)) await this.plan(tx, job);
    for (const event of events) this.#onRecorded(event);
  }

  /** Has a delivery tried after so long, in the same transaction as whatever asks for it. */
  async plan(tx: Db, job: DeliveryJob, afterMs = 0): Promise<void> {
    await this.#boss.send(queue, job, {
      db: bossDatabase(tx),
      ...(afterMs === 0 ? {} : { startAfter: new Date(this.#now() + afterMs) }),
    });
  }

  deliverSoon(): void {
    // A few at once: one takes the job, others what came with it.
    for (let i = 0; i < 3; i++) {
      const poller = this.#pollerIds[this.#next++ % this.#pollers];
      if (poller !== undefined) this.#boss.notifyWorker(poller);
    }
  }

  async stop(): Promise<void> {
    this.#pollerIds = [];
    await this.#boss.stop({ graceful: true, timeout: 16_000, close: false });
  }
}
