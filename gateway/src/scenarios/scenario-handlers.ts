import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { parseUsd, toUsd } from '@ai-gateway/shared/money';
import { type Caller, hintOf } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import { ownScenario } from '../accounts/own-tags.ts';
import { ownIds } from '../clients/own-ids.ts';
import type { Context } from '../context.ts';
import { limitsOf, saveScenarioLimits } from '../limits/guard-store.ts';
import { readBaseUrl } from '../outgoing/given-url.ts';
import { badCursor, isOurTime, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { type Connection, deleteConnection, insertConnection, listConnections, sealToken } from './connection-store.ts';
import { pauseScenario, readScenario, resumeScenario } from './pause-scenario.ts';
import type { ScenarioLimits } from './scenario-limits.ts';
import { bareScenario, type ScenarioRow, selectScenarios } from './scenario-store.ts';
import { viewScenario } from './scenario-view.ts';

export const scenarioHandlers: Pick<
  Handlers<Context>,
  'scenarios.list' | 'scenarios.pause' | 'scenarios.resume' | 'scenarios.limits.get' | 'scenarios.limits.set'
> = {
  'scenarios.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const rows = await selectScenarios(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      ids: await ownIds(services, caller, 'scenario'),
      state: input.state,
      search: input.search,
      after: input.cursor === undefined ? undefined : readLastCall(input.cursor),
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: (row: ScenarioRow) => viewScenario(seesWhole(caller) ? row : nameOf(row)),
      cursor: (last) => writeParts([last.lastCallAt?.toISOString() ?? '-infinity', last.id]),
    });
  },

  'scenarios.pause': async ({ id, reason }, { caller, services }) => {
    const place = { workspaceId: caller.workspaceId, livemode: caller.livemode, id: ownScenario(caller, id) ?? id };
    await services.tags.flush();
    await pauseScenario(services, place, { reason: reason ?? '', by: caller.keyName });
    return viewScenario(await readScenario(services.db, place));
  },

  'scenarios.resume': async ({ id }, { caller, services }) => {
    const place = { workspaceId: caller.workspaceId, livemode: caller.livemode, id: ownScenario(caller, id) ?? id };
    await resumeScenario(services, place, caller.keyName);
    return viewScenario(await readScenario(services.db, place));
  },

  'scenarios.limits.get': async ({ id }, { caller, services }) => {
    ownScenario(caller, id);
    return describeLimits(id, limitsOf(await services.guards.of(caller.workspaceId, caller.livemode), id));
  },

  'scenarios.limits.set': async ({ id, ...given }, { caller, services }) => {
    ownScenario(caller, id);
    const { workspaceId, livemode } = caller;
    const old = limitsOf(await services.guards.of(workspaceId, livemode), id);
    const limits: ScenarioLimits = {
      maxNanosPerHour: changed(
        given.max_usd_per_hour === null || given.max_usd_per_hour === undefined
          ? given.max_usd_per_hour
          : (parseUsd(given.max_usd_per_hour) ?? null),
        old.maxNanosPerHour,
      ),
      maxCallsPerMinute: changed(given.max_calls_per_minute, old.maxCallsPerMinute),
      maxRepeats: changed(given.max_repeats, old.maxRepeats),
    };
    await saveScenarioLimits(services.db, { workspaceId, livemode, id }, limits);
    services.guards.forget(workspaceId);
    return describeLimits(id, limits);
  },
};

export const connectionHandlers: Pick<
  Handlers<Context>,
  'connections.create' | 'connections.list' | 'connections.remove'
> = {
  'connections.create': async (input, { caller, services }) => {
    const place = {
      workspaceId: caller.workspaceId,
      id: newId('con', services.now()),
      baseUrl: readBaseUrl({
        text: input.base_url,
        param: 'base_url',
        allowPrivateNetwork: services.allowPrivateNetwork,
      }),
    };
    const row: Connection = {
      ...place,
      platform: input.platform,
      sealedToken: sealToken(services.secret, place, input.token),
      tokenHint: hintOf(input.token),
      teamId: input.team_id ?? null,
    };
    await insertConnection(services.db, row);
    return describe(row);
  },

  'connections.list': async (_input, { caller, services }) => ({
    data: (await listConnections(services.db, caller.workspaceId)).map(describe),
    next_cursor: null,
  }),

  'connections.remove': async ({ id }, { caller, services }) => {
    if (!(await deleteConnection(services.db, caller.workspaceId, id)))
      throw new GatewayError('not_found', `There is no connection "${id}" here.`, { param: 'id' });
    return null;
  },
};

/** Who only calls models picks scenarios by name, and so does a key locked to a client: others may share its scenario. */
function seesWhole({ role, lockedTags }: Caller): boolean {
  return lockedTags.length === 0 ? role !== 'caller' : lockedTags.includes('scenario_id');
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

function describeLimits(id: string, limits: ScenarioLimits) {
  return {
    scenario_id: id,
    max_usd_per_hour: limits.maxNanosPerHour === undefined ? null : toUsd(limits.maxNanosPerHour),
    max_calls_per_minute: limits.maxCallsPerMinute ?? null,
    max_repeats: limits.maxRepeats ?? null,
  };
}

function describe(row: Connection) {
  return {
    id: row.id,
    platform: row.platform,
    base_url: row.baseUrl,
    token_hint: row.tokenHint,
    team_id: row.teamId,
  };
}
