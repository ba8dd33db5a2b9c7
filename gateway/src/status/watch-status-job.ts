import type { Pool } from 'pg';
import { newId } from '../accounts/new-id.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import { providerName } from '../providers/providers.ts';
import { type ComponentDay, type Condition, daysOfStretch, gatewayParts } from './component.ts';
import { incidentEvents } from './incident.ts';
import {
  findAutomatic,
  findIncident,
  insertIncident,
  isMaintained,
  listRecovered,
  noteBad,
  updateIncident,
} from './incident-store.ts';
import { addDays, isDeliveryLate, listFailing, listWorkspaceIds, takeLook } from './status-store.ts';

export interface WatchStatusPorts {
  db: Pool;
  publicUrl: string;
  journal: { readonly available: boolean };
  workspaces: { readonly operators: readonly { id: string; name: string }[] };
  outbox: Outbox;
}

/** Any of the processes looks; the others leave it at that for as long. */
const leastMs = 5_000;
/** The time between two looks, of which the first part of a gap is one. */
const lookEveryMs = 15_000;
/** After a longer gap no gateway was running. */
const gapMs = 60_000;
/** A gap counts on the days that the page shows. */
const longestGapMs = 90 * 86_400_000;
const opensAfterMs = 2 * 60_000;
const closesAfterMs = 10 * 60_000;

interface Failing {
  condition: Condition;
  since: Date;
}

/** Adds the time since the last look to the days of each component, and opens and closes the incidents of providers. */
export async function watchStatus(services: WatchStatusPorts): Promise<void> {
  try {
    await lookNow(services);
    failedLooks.delete(services.db);
  } catch (error) {
    failedLooks.add(services.db);
    throw error;
  }
}

/** Where a look has failed since the last one: the time between two good ones is a gap, however short. */
const failedLooks = new WeakSet<Pool>();

async function lookNow(services: WatchStatusPorts): Promise<void> {
  const events = await withTransaction(services.db, async (tx) => {
    const look = await takeLook(tx, { leastMs });
    if (look === undefined) return [];
    const { lastMs = look.nowMs, nowMs } = look;
    const failing = await failingProviders(tx, services);
    const days = daysBetween({
      fromMs: Math.max(lastMs, nowMs - longestGapMs),
      toMs: nowMs,
      providers: services.workspaces.operators.map(({ id }) => [id, failing.get(id)?.condition ?? 'up']),
      parts: {
        accepting: 'up',
        settling: services.journal.available ? 'up' : 'down',
        delivering: (await isDeliveryLate(tx)) ? 'degraded' : 'up',
      },
      isMaintained: await isMaintained(tx),
      isBroken: failedLooks.has(services.db),
    });
    if (days.length > 0) await addDays(tx, days);
    const made = await changeIncidents(tx, services, { failing, now: new Date(nowMs) });
    await services.outbox.record(tx, made);
    return made;
  });
  if (events.length > 0) services.outbox.deliverSoon();
}

/** The operator's providers that fail, in whatever process: wholly, or some of their models. */
export async function failingProviders(
  db: Db,
  { workspaces }: Pick<WatchStatusPorts, 'workspaces'>,
): Promise<Map<string, Failing>> {
  const found = new Map<string, Failing>();
  const operators = new Set(workspaces.operators.map(({ id }) => id));
  for (const { account, isWhole, since } of await listFailing(db)) {
    if (!operators.has(account)) continue;
    const known = found.get(account);
    const condition = isWhole || known?.condition === 'down' ? 'down' : 'degraded';
    found.set(account, { condition, since: known !== undefined && known.since < since ? known.since : since });
  }
  return found;
}

function daysBetween(look: {
  fromMs: number;
  toMs: number;
  providers: readonly (readonly [string, Condition])[];
  parts: Readonly<Record<(typeof gatewayParts)[number], Condition>>;
  isMaintained: boolean;
  /** A look failed in between. */
  isBroken: boolean;
}): ComponentDay[] {
  const { fromMs, toMs, parts, providers } = look;
  const isGap = look.isBroken || toMs - fromMs > gapMs;
  // The gateway ran until the next look did not come.
  const downFromMs = isGap ? Math.min(toMs, fromMs + lookEveryMs) : toMs;
  const own = gatewayParts.map((part) => [part, parts[part]] as const);
  const off = gatewayParts.map((part) => [part, 'down'] as const);
  const { isMaintained } = look;
  return [
    // Without a gateway nobody knows how the providers did.
    ...daysOf({ fromMs, toMs: downFromMs, seen: isGap ? own : [...own, ...providers], isMaintained }),
    ...daysOf({ fromMs: downFromMs, toMs, seen: off, isMaintained }),
  ];
}

function daysOf(stretch: {
  fromMs: number;
  toMs: number;
  seen: readonly (readonly [string, Condition])[];
  isMaintained: boolean;
}): ComponentDay[] {
  return daysOfStretch(stretch.fromMs, stretch.toMs).flatMap(({ day, ms }) =>
    stretch.seen.map(([component, condition]): ComponentDay => {
      // Planned work is no failure.
      const counted = stretch.isMaintained ? 'up' : condition;
      const of = (wanted: Condition): number => (counted === wanted ? ms : 0);
      return { component, day, upMs: of('up'), degradedMs: of('degraded'), downMs: of('down') };
    }),
  );
}

async function changeIncidents(
  tx: Db,
  services: WatchStatusPorts,
  { failing, now }: { failing: ReadonlyMap<string, Failing>; now: Date },
): Promise<NewEvent[]> {
  const events: NewEvent[] = [];
  const tell = async (type: 'incident.opened' | 'incident.resolved', id: string): Promise<void> => {
    const incident = await findIncident(tx, id);
    if (incident !== undefined)
      events.push(
        ...incidentEvents(type, incident, {
          publicUrl: services.publicUrl,
          workspaceIds: await listWorkspaceIds(tx),
        }),
      );
  };
  await noteBad(tx, [...failing.keys()], now);
  for (const [component, { condition, since }] of failing) {
    if (now.getTime() - since.getTime() < opensAfterMs) continue;
    if ((await findAutomatic(tx, { component, since })) !== 'none') continue;
    const id = newId('inc', now.getTime());
    const name = providerName(component);
    const isNew = await insertIncident(tx, {
      id,
      title: condition === 'down' ? `${name} is failing` : `Some models of ${name} are failing`,
      severity: condition === 'down' ? 'major' : 'minor',
      component,
      text: `Calls to ${name} fail. Calls with a fallback are answered by other providers.`,
      at: now,
    });
    if (isNew) await tell('incident.opened', id);
  }
  for (const id of await listRecovered(tx, new Date(now.getTime() - closesAfterMs))) {
    await updateIncident(tx, { id, state: 'resolved', text: 'The provider has answered for ten minutes.', at: now });
    await tell('incident.resolved', id);
  }
  return events;
}
