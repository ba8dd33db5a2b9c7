import { type ScenarioReader, seesScenarioNames, seesScenarioSpending } from '../accounts/own-tags.ts';
import type { NewEvent } from './event.ts';

type EventData = Record<string, unknown>;

const withoutNames = { name: null, clients: [], client_count: 0 };
const withoutSpending = {
  spent_today_usd: 0,
  spent_period_usd: 0,
  calls_per_minute: 0,
  last_call_at: null,
  source_stop: null,
};

/** Of a pause for all calls, who was it and why is the workspace's business. */
const withoutCause = { reason: null, by: null };

/** The scenario of an event as this reader may see it: no more than the list of scenarios shows. */
export function eventDataFor(
  reader: ScenarioReader,
  { data, clientId, project }: Pick<NewEvent, 'data' | 'clientId' | 'project'>,
): EventData {
  const { scenario } = data;
  if (typeof scenario !== 'object' || scenario === null || seesScenarioNames(reader)) return data;
  if (seesScenarioSpending(reader)) return { ...data, scenario: { ...scenario, ...withoutNames } };
  const isForAll = clientId === undefined && project === undefined && data.scenario_platform === undefined;
  const cause = isForAll ? withoutCause : {};
  const since = isForAll ? { since: null } : {};
  return { ...data, ...cause, scenario: { ...scenario, ...withoutNames, ...withoutSpending, ...cause, ...since } };
}
