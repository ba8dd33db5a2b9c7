import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import { noLock, readLock, type ScenarioLock } from '../accounts/scenario-lock.ts';
import { notify } from '../db/notify.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import { publishGuardChange } from '../limits/guard-change-store.ts';
import { type ClockPorts, clockOf, type ScenarioClock } from './scenario-clock.ts';
import { bareScenario, markPaused, markRunning, type ScenarioRow, selectScenarios } from './scenario-store.ts';
import { viewScenario } from './scenario-view.ts';
import { type StopPorts, stopAtSource } from './stop-at-source.ts';

export interface PausePorts extends StopPorts, ClockPorts {
  outbox: Outbox;
  /** Reads a workspace's policy again before its next call. */
  policies: { forget(workspaceId: string): void };
}

/** Refuses a scenario's calls from now on, tells, and stops it at its platform where a connection is stored. */
export async function pauseScenario(
  services: PausePorts,
  place: ScenarioKey,
  why: { reason: string; by: string; platform?: string | undefined },
  { onPause }: { onPause?: (tx: Db) => Promise<void> } = {},
): Promise<void> {
  const clock = await clockOf(services, place);
  const paused = await withTransaction(services.db, async (tx) => {
    if (!(await markPaused(tx, place, why))) return undefined;
    const row = await readScenario(tx, place, { isNamed: place.lock === noLock, clock });
    const event = scenarioEvent(place, row, { type: 'scenario.paused', ...why });
    await services.outbox.record(tx, [event]);
    await publishGuardChange(tx, place.workspaceId);
    await onPause?.(tx);
    return row;
  });
  services.policies.forget(place.workspaceId);
  if (paused === undefined) return;
  services.outbox.deliverSoon();
  const platform = why.platform ?? paused.platform ?? undefined;
  // Never waited for: the refusal here stands whatever the platform says.
  void stopAtSource(services, place, platform).catch((cause: unknown) =>
    services.log.warn({ err: cause, scenario: place.id }, 'a scenario could not be stopped at its platform'),
  );
}

/**
 * Lets its calls through again; its counters start at nothing, on every process. A key without locked tags ends every pause
 * there is, `lock` undefined; one with them ends its own.
 */
export async function resumeScenario(
  services: PausePorts & { loopDetector: { clear(key: string): void } },
  place: Omit<ScenarioKey, 'lock'> & { lock: ScenarioLock | undefined },
  by: string,
  { onResume }: { onResume?: (tx: Db) => Promise<void> } = {},
): Promise<void> {
  const clock = await clockOf(services, place);
  const resumed = await withTransaction(services.db, async (tx) => {
    const places = (await markRunning(tx, place)).map((lock) => ({ ...place, lock }));
    if (places.length === 0) return places;
    await services.outbox.record(
      tx,
      await Promise.all(
        places.map(async (one) =>
          scenarioEvent(one, await readScenario(tx, one, { isNamed: one.lock === noLock, clock }), {
            type: 'scenario.resumed',
            reason: '',
            by,
          }),
        ),
      ),
    );
    await publishGuardChange(tx, place.workspaceId);
    await notify(tx, 'resumed', places.map(loopKey));
    await onResume?.(tx);
    return places;
  });
  services.policies.forget(place.workspaceId);
  for (const one of resumed) services.loopDetector.clear(loopKey(one));
  services.outbox.deliverSoon();
}

export function loopKey({ workspaceId, livemode, id, lock }: ScenarioKey): string {
  return `${workspaceId} ${livemode ? 'live' : 'test'} ${lock === noLock ? '' : `${lock} `}${id}`;
}

export async function readScenario(
  db: Parameters<typeof selectScenarios>[0],
  place: Omit<ScenarioKey, 'lock'> & { lock: ScenarioLock | undefined },
  { isNamed, clock }: { isNamed: boolean; clock: ScenarioClock },
): Promise<ScenarioRow> {
  const [row] = await selectScenarios(db, { ...place, isNamed, clock, limit: 1 });
  return row ?? bareScenario(place.id);
}

function scenarioEvent(
  place: ScenarioKey,
  row: ScenarioRow,
  {
    type,
    reason,
    by,
    platform,
  }: { type: 'scenario.paused' | 'scenario.resumed'; reason: string; by: string; platform?: string | undefined },
): NewEvent {
  // The scenario's spending, name and clients are not only this client's, where one client's calls are concerned.
  const { platform: known, state, lock, reason: why, by: whom, since, lastCallAt } = row;
  // Nor is who paused it for all, and why.
  const cause = lock === noLock ? {} : { lock, reason: why, by: whom, since };
  const scenario = viewScenario(
    place.lock === noLock ? row : { ...bareScenario(row.id), platform: known, state, lastCallAt, ...cause },
  );
  const tags = readLock(place.lock);
  return {
    workspaceId: place.workspaceId,
    livemode: place.livemode,
    type,
    scenarioId: place.id,
    clientId: tags.client_id,
    project: tags.project,
    data: {
      scenario: { ...scenario, platform: scenario.platform ?? platform ?? null },
      reason: reason || null,
      by,
      // Of a key that is locked to a platform: its calls there are meant.
      ...(tags.scenario_platform === undefined ? {} : { scenario_platform: tags.scenario_platform }),
    },
  };
}
