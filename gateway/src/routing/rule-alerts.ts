import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import { markUnreachable } from './routing-version-store.ts';
import type { UnreachableRule } from './rule.ts';

const everyMs = 24 * 60 * 60_000;
const rememberedMax = 10_000;

/**
 * Notifies people that the model of a rule leads nowhere: the calls it meets go on without it, so nobody would see. Once a day for a
 * rule and a model, whichever process meets it first; beside the calls, which wait for nothing.
 */
export class RuleAlerts {
  readonly #ports: { db: Pool; outbox: Outbox; log: Logger; now: () => number };
  /** When this process has last looked, by workspace, rule and model. */
  readonly #lookedAtMs = new Map<string, number>();

  constructor(ports: { db: Pool; outbox: Outbox; log: Logger; now: () => number }) {
    this.#ports = ports;
  }

  note(where: { workspaceId: string; livemode: boolean }, unreachable: readonly UnreachableRule[]): void {
    const { now, log } = this.#ports;
    for (const { rule, model } of unreachable) {
      const key = JSON.stringify([where.workspaceId, where.livemode, rule.id, model]);
      if (Math.abs(now() - (this.#lookedAtMs.get(key) ?? Number.NEGATIVE_INFINITY)) < everyMs) continue;
      if (this.#lookedAtMs.size >= rememberedMax) this.#lookedAtMs.clear();
      this.#lookedAtMs.set(key, now());
      this.#notify(where, { rule, model }).catch((err: unknown) => {
        this.#lookedAtMs.delete(key);
        log.warn({ err, rule: rule.id }, 'people were not notified of a rule whose model is unreachable');
      });
    }
  }

  async #notify(where: { workspaceId: string; livemode: boolean }, { rule, model }: UnreachableRule): Promise<void> {
    const { db, outbox } = this.#ports;
    await withTransaction(db, async (tx) => {
      if (!(await markUnreachable(tx, { ...where, ruleId: rule.id, model }))) return;
      await outbox.record(tx, [
        { ...where, type: 'rule.unreachable', data: { rule: { id: rule.id, name: rule.name }, model } },
      ]);
    });
    outbox.deliverSoon();
  }
}
