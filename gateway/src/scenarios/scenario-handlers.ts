import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { parseUsd, toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditEntry } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { seesScenarioNames, seesScenarioSpending } from '../accounts/own-tags.ts';
import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import { lockOf, noLock, type ScenarioLock } from '../accounts/scenario-lock.ts';
import { ownIds } from '../clients/own-ids.ts';
import type { TagRegistry } from '../clients/tag-registry.ts';
import { withTransaction } from '../db/transaction.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import { type CallPolicy, limitsOf, saveScenarioLimits } from '../limits/policy-store.ts';
import type { ScenarioLimits } from '../limits/scenario-limits.ts';
import { badCursor, isOurTime, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { billed, type Markup, shownMarkup, unbilled } from '../usage/markup.ts';
import { type PausePorts, pauseScenario, readScenario, resumeScenario } from './pause-scenario.ts';
import { clockOf } from './scenario-clock.ts';
import { renameScenario, selectScenarioNames } from './scenario-name-store.ts';
import { bareScenario, isPausedForAll, type ScenarioRow, selectScenarios } from './scenario-store.ts';
import { type ScenarioView, viewScenario } from './scenario-view.ts';

interface ScenarioPorts extends PausePorts {
  tags: TagRegistry;
  policies: PolicyCache;
  loopDetector: { clear(key: string): void };
}

export const scenarioHandlers: Pick<
  Handlers<Context<ScenarioPorts>>,
  | 'scenarios.list'
  | 'scenarios.pause'
  | 'scenarios.resume'
  | 'scenarios.limits.get'
  | 'scenarios.limits.set'
  | 'scenarios.name.set'
  | 'scenarios.names'
> = {
  'scenarios.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const rows = await selectScenarios(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      ids: await ownIds(services, caller, 'scenario'),
      lock: ownLock(caller),
      state: input.state,
      search: input.search,
      isNamed: seesScenarioNames(caller),
      after: input.cursor === undefined ? undefined : readLastCall(input.cursor),
      limit: input.limit + 1,
      clock: await clockOf(services, caller),
    });
    return pageOf(rows, input.limit, {
      view: (row: ScenarioRow) => viewFor(caller, row),
      cursor: (last) => writeParts([last.lastCallAt?.toISOString() ?? '-infinity', last.id]),
    });
  },

  'scenarios.pause': async ({ id, reason }, { caller, services, audit }) => {
    await services.tags.flush();
    const place = await ownPlace(services, caller, id);
    await pauseScenario(
      services,
      place,
      { reason: reason ?? '', by: caller.keyName },
      { onPause: (tx) => audit(tx, stateChange(place, ['running', 'paused'], { reason: reason ?? null })) },
    );
    return viewFor(caller, await readFor(services, caller, place));
  },

  'scenarios.resume': async ({ id }, { caller, services, audit }) => {
    const place = await ownPlace(services, caller, id);
    const lock = ownLock(caller);
    if (lock !== undefined && lock !== noLock && (await isPausedForAll(services.db, place)))
      throw new GatewayError(
        'tag_forbidden',
        `Scenario "${id}" is paused for all its calls, but this key is locked to its ${caller.lockedTags.join(', ')}. Use a key without that lock.`,
        { param: 'id' },
      );
    await resumeScenario(services, { ...place, lock }, caller.keyName, {
      onResume: (tx) => audit(tx, stateChange(place, ['paused', 'running'])),
    });
    return viewFor(caller, await readFor(services, caller, place));
  },

  'scenarios.limits.get': async ({ id }, { caller, services }) => {
    const { lock } = await ownPlace(services, caller, id);
    const policy = await services.policies.of(caller.workspaceId, caller.livemode);
    return describeLimits(id, limitsOf(policy, id, lock), ownMarkup(policy, caller));
  },

  'scenarios.limits.set': async ({ id, ...given }, { caller, services, audit }) => {
    const place = await ownPlace(services, caller, id);
    const { workspaceId, livemode } = caller;
    const policy = await services.policies.of(workspaceId, livemode);
    const markup = ownMarkup(policy, caller);
    const old = limitsOf(policy, id, place.lock);
    const limits: ScenarioLimits = {
      maxNanosPerHour: changed(
        given.max_usd_per_hour === null || given.max_usd_per_hour === undefined
          ? given.max_usd_per_hour
          : unbilled(parseUsd(given.max_usd_per_hour) ?? 0n, markup),
        old.maxNanosPerHour,
      ),
      maxCallsPerMinute: changed(given.max_calls_per_minute, old.maxCallsPerMinute),
      maxRepeats: changed(given.max_repeats, old.maxRepeats),
    };
    await withTransaction(services.db, async (tx) => {
      await saveScenarioLimits(tx, place, limits);
      const sides = { before: describeLimits(id, old, undefined), after: describeLimits(id, limits, undefined) };
      await audit(tx, { target: { type: 'scenario', id }, ...sides });
    });
    services.policies.forget(workspaceId);
    // With those of all, where a client's own key asks: the lower of both applies.
    return describeLimits(id, limitsOf(await services.policies.of(workspaceId, livemode), id, place.lock), markup);
  },

  'scenarios.name.set': async ({ id, name }, { caller, services, audit }) => {
    await services.tags.flush();
    const place = { workspaceId: caller.workspaceId, livemode: caller.livemode, id };
    if (id === '*')
      throw new GatewayError('invalid_request', '"*" is every scenario. Name a single one.', { param: 'id' });
    await withTransaction(services.db, async (tx) => {
      const before = await renameScenario(tx, place, name);
      await audit(tx, { target: { type: 'scenario', id, name }, before: { name: before }, after: { name } });
    });
    return viewFor(caller, await readFor(services, caller, place));
  },

  'scenarios.names': async (input, { caller, services }) => {
    const [after] = input.cursor === undefined ? [] : readTexts(input.cursor, 1);
    const names = await selectScenarioNames(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      ids: typeof input.id === 'string' ? [input.id] : input.id,
      after,
      limit: input.limit + 1,
    });
    return pageOf(names, input.limit, { view: (row) => row, cursor: (last) => writeParts([last.id]) });
  },
};

/** As the audit log has it. */
function stateChange({ id }: ScenarioKey, [from, to]: readonly [string, string], more: object = {}): AuditEntry {
  return { target: { type: 'scenario', id }, before: { state: from }, after: { state: to, ...more } };
}

/**
 * The calls of a scenario that a key may stop: all of them, or those that carry its locked tags. Throws `not_found` for one that
 * no call with these tags ever named, `tag_forbidden` for "*".
 */
async function ownPlace(services: ScenarioPorts, caller: Caller, id: string): Promise<ScenarioKey> {
  const { workspaceId, livemode, lockedTags } = caller;
  if (lockedTags.length > 0) {
    if (id === '*')
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${lockedTags.join(', ')}, so it cannot read or change the default limits of all scenarios.`,
        { param: 'id' },
      );
    const ids = await ownIds(services, caller, 'scenario');
    if (ids !== undefined && !ids.includes(id))
      throw new GatewayError('not_found', `There is no scenario "${id}" here.`, { param: 'id' });
  }
  return { workspaceId, livemode, id, lock: lockOf(caller) };
}

/** The client whose pauses a key sees beside those for all; undefined: every client. */
function ownLock(caller: Caller): ScenarioLock | undefined {
  return caller.lockedTags.length === 0 ? undefined : lockOf(caller);
}

async function readFor(
  services: ScenarioPorts,
  caller: Caller,
  { workspaceId, livemode, id }: Omit<ScenarioKey, 'lock'>,
): Promise<ScenarioRow> {
  const place = { workspaceId, livemode, id, lock: ownLock(caller) };
  const clock = await clockOf(services, caller);
  return readScenario(services.db, place, { isNamed: seesScenarioNames(caller), clock });
}

/** A key that only calls models picks scenarios by name, and so does a key locked to a client: others may share its scenario. */
function viewFor(caller: Caller, row: ScenarioRow): ScenarioView {
  const { role, lockedTags } = caller;
  if (role === 'caller' && lockedTags.length === 0) return viewScenario(nameOf(row));
  if (seesScenarioNames(caller)) return viewScenario(row);
  if (seesScenarioSpending(caller)) return viewScenario({ ...row, name: null, clients: bareScenario(row.id).clients });
  // Its own pause it knows; of one for all, who was it and why is the workspace's business.
  const { reason, by, since, lock } = row;
  return viewScenario(lock === noLock ? nameOf(row) : { ...nameOf(row), reason, by, since, lock });
}

function nameOf({ id, platform, state }: ScenarioRow): ScenarioRow {
  return { ...bareScenario(id), platform, state };
}

function readLastCall(cursor: string): { lastCallAt: string; id: string } {
  const [lastCallAt = '', id = ''] = readTexts(cursor, 2);
  if (lastCallAt !== '-infinity' && !isOurTime(lastCallAt)) throw badCursor();
  return { lastCallAt, id };
}

/** Not given: as it was. Null: off. */
function changed<T>(given: T | null | undefined, old: T | undefined): T | undefined {
  return given === undefined ? old : (given ?? undefined);
}

/** A client's own key sets and reads dollars as it is billed. */
function ownMarkup({ markups }: CallPolicy, caller: Caller): Markup | undefined {
  return shownMarkup(markups, caller, caller.tags.client_id);
}

function describeLimits(id: string, limits: ScenarioLimits, markup: Markup | undefined) {
  return {
    scenario_id: id,
    max_usd_per_hour: limits.maxNanosPerHour === undefined ? null : shownUsd(limits.maxNanosPerHour, markup),
    max_calls_per_minute: limits.maxCallsPerMinute ?? null,
    max_repeats: limits.maxRepeats ?? null,
  };
}

/** To the hundred-millionth, as limits of budgets: what a client set comes back as it was set. */
function shownUsd(nanos: bigint, markup: Markup | undefined): number {
  return markup === undefined ? toUsd(nanos) : Math.round(toUsd(billed(nanos, markup)) * 1e8) / 1e8;
}
