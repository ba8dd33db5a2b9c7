import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';
import type { Outage } from './outage.ts';
import {
  findOperatorsWorkspace,
  findSlowModel,
  listActiveWorkspaces,
  listDown,
  listRecentModels,
  markProvider,
  markSlow,
  noteFailing,
} from './provider-state-store.ts';

interface WatchPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  circuits: CircuitBreakers;
  workspaces: WorkspaceCache;
  outbox: Outbox;
}

/**
 * Tells when an account or one of its models has gone to rest or is refused, and when it answers again; each once, by whichever
 * process saw it first. An operator's account is everybody's who called in the last day; a refusal in the vendor's words is the
 * owner's of the account alone: the operator's are told in the first workspace of the gateway.
 */
export async function watchProviders(services: WatchPorts): Promise<void> {
  const { circuits } = services;
  if (!reminded.has(circuits)) {
    circuits.remember(await listDown(services.db));
    reminded.add(circuits);
  }
  const { down, up } = circuits.changes();
  for (const outage of down) {
    // A refusal is logged in the vendor's words as it is met.
    if (outage.refusal === undefined) services.log.warn(fieldsOf(outage), 'a provider is cooling down after failures');
    await tell(services, outage, true);
  }
  for (const outage of up) {
    services.log.info(fieldsOf(outage), 'a provider answers again');
    await tell(services, outage, false);
  }
  const nowMs = services.now();
  if (nowMs - (notedAtMs.get(circuits) ?? 0) < noteEveryMs) return;
  const keys = circuits.outages().flatMap((outage) => (isFailing(outage, nowMs) ? keysOf(outage) : []));
  if (keys.length === 0) return;
  notedAtMs.set(circuits, nowMs);
  await noteFailing(services.db, keys);
}

/** A refusal of an account is announced as an outage of the account, too. */
function keysOf({ key, account, refusal }: Outage): string[] {
  return refusal !== undefined && refusal.model === undefined ? [key, account] : [key];
}

const noteEveryMs = 30_000;
const notedAtMs = new WeakMap<CircuitBreakers, number>();

/** An outage that no call meets any more is not known to go on. One that rests is not asked; a refusal is until an answer ends it. */
function isFailing({ refusal, failedAtMs, openUntilMs }: Outage, nowMs: number): boolean {
  return refusal !== undefined || openUntilMs > nowMs || nowMs - failedAtMs < 60_000;
}

/** For the log. `workspace_id`: only this workspace's calls fail. */
function fieldsOf({ account, model, workspaceId, errorRate, openUntilMs }: Outage): object {
  return {
    provider: account,
    model,
    workspace_id: workspaceId,
    error_rate: errorRate,
    resting_until: openUntilMs > 0 ? new Date(openUntilMs).toISOString() : undefined,
  };
}

/** Once a process: outages outlive the process that told them. */
const reminded = new WeakSet<object>();

async function tell(services: WatchPorts, outage: Outage, down: boolean): Promise<void> {
  const { account, workspaceId, refusal } = outage;
  const owner = await services.workspaces.ownerOf(account);
  if (owner !== undefined) {
    const since = new Date(refusal?.sinceMs ?? services.now());
    await withTransaction(services.db, async (tx) => {
      if (!(await markProvider(tx, { account: outage.key, down, since }))) return;
      const mine = owner.workspaceId ?? (await findOperatorsWorkspace(tx));
      const events: NewEvent[] = [];
      const isRefused = refusal !== undefined && refusal.model === undefined;
      if (down && refusal !== undefined && mine !== undefined)
        events.push({ workspaceId: mine, livemode: true, ...refusedEvent(owner.name, refusal) });
      // Two refusals of one account are one outage.
      if (refusal === undefined || (isRefused && (await markProvider(tx, { account, down, since })))) {
        const all = owner.workspaceId === undefined ? [...(await listActiveWorkspaces(tx)), mine] : [mine];
        const notified = workspaceId === undefined ? new Set(all) : new Set([workspaceId]);
        for (const one of notified)
          if (one !== undefined)
            events.push({
              workspaceId: one,
              livemode: true,
              ...outageEvent(owner.name, outage, { down, since, words: one === mine ? refusal?.message : undefined }),
            });
      }
      await services.outbox.record(tx, events);
    });
    services.outbox.deliverSoon();
  }
  services.circuits.markNotified(outage, down);
}

function refusedEvent(
  provider: string,
  { reason, message, status, model, sinceMs }: NonNullable<Outage['refusal']>,
): Pick<NewEvent, 'type' | 'data'> {
  return {
    type: 'provider.refused_account',
    data: {
      provider,
      model: model ?? null,
      reason,
      status: status ?? null,
      message,
      since: new Date(sinceMs).toISOString(),
    },
  };
}

function outageEvent(
  provider: string,
  { model, errorRate, openUntilMs, refusal }: Outage,
  { down, since, words }: { down: boolean; since: Date; words: string | undefined },
): Pick<NewEvent, 'type' | 'data'> {
  return {
    type: down ? 'provider.down' : 'provider.recovered',
    data: {
      // Always the same fields: a no-code step maps them before it has seen an event.
      provider,
      model: model ?? null,
      error_rate: down || refusal === undefined ? errorRate : 0,
      since: since.toISOString(),
      resting_until: down && refusal === undefined ? new Date(openUntilMs).toISOString() : null,
      message: (down ? words : undefined) ?? null,
    },
  };
}

/** Tells of models whose first byte takes much longer than usual, once an hour each. */
export async function watchLatency(services: Pick<WatchPorts, 'db' | 'outbox'>): Promise<void> {
  for (const recent of await listRecentModels(services.db)) {
    const slow = await findSlowModel(services.db, recent);
    if (slow === undefined) continue;
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
