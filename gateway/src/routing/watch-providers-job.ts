import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Services } from '../services.ts';
import { findSlowModels, listActiveWorkspaces, markProvider, markSlow } from './provider-state-store.ts';

/**
 * Tells when an account has gone to rest, and when it answers again; each once, by whichever process saw it first. An
 * operator's account is everybody's who called in the last day.
 */
export async function watchProviders(services: Services): Promise<void> {
  const nowMs = services.now();
  for (const { account, health } of services.health.snapshot()) {
    const down = health.rests > 0;
    if (services.health.toldDown(account) === down) continue;
    const owner = await services.workspaces.ownerOf(account);
    if (owner !== undefined) {
      const since = new Date(nowMs);
      await withTransaction(services.db, async (tx) => {
        if (!(await markProvider(tx, { account, down, since }))) return;
        const workspaces = owner.workspaceId === undefined ? await listActiveWorkspaces(tx) : [owner.workspaceId];
        const events = workspaces.map(
          (workspaceId): NewEvent => ({
            workspaceId,
            livemode: true,
            type: down ? 'provider.down' : 'provider.recovered',
            data: {
              provider: owner.name,
              error_rate: services.health.errorRate(account),
              since: since.toISOString(),
              ...(down ? { resting_until: new Date(health.restingUntilMs).toISOString() } : {}),
            },
          }),
        );
        await services.outbox.record(tx, events);
      });
      services.outbox.deliverSoon();
    }
    services.health.told(account, down);
  }
}

/** Tells of models whose first byte takes much longer than usual, once an hour each. */
export async function watchLatency(services: Services): Promise<void> {
  for (const slow of await findSlowModels(services.db)) {
    await withTransaction(services.db, async (tx) => {
      if (!(await markSlow(tx, slow))) return;
      await services.outbox.record(tx, [
        {
          workspaceId: slow.workspaceId,
          livemode: true,
          type: 'latency.degraded',
          data: {
            provider: slow.provider,
            model: slow.model,
            p95_ms: slow.p95Ms,
            usual_p95_ms: slow.usualP95Ms,
          },
        },
      ]);
    });
    services.outbox.deliverSoon();
  }
}
