import { type ScenarioReader, seesScenarioNames, seesScenarioSpending } from '../accounts/own-tags.ts';

type EventData = Record<string, unknown>;

const withoutNames = { name: null, clients: [], client_count: 0 };
const withoutSpending = {
  spent_today_usd: 0,
  spent_period_usd: 0,
  calls_per_minute: 0,
  last_call_at: null,
  source_stop: null,
};

/** The scenario of an event as this reader may see it: no more than the list of scenarios shows. */
export function eventDataFor(reader: ScenarioReader, data: EventData): EventData {
  const { scenario } = data;
  if (typeof scenario !== 'object' || scenario === null || seesScenarioNames(reader)) return data;
  return {
    ...data,
    scenario: { ...scenario, ...withoutNames, ...(seesScenarioSpending(reader) ? {} : withoutSpending) },
  };
}
