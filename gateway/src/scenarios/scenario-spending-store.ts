import type { Db } from '../db/transaction.ts';
import { dayText, localDay } from '../usage/calendar.ts';
import { usageRange } from '../usage/usage-range.ts';
import { sumCosts } from '../usage/usage-series-store.ts';
import type { ScenarioClock } from './scenario-clock.ts';

interface ScenarioSpending {
  todayNanos: bigint;
  monthNanos: bigint;
}

/** What each of these scenarios has spent today and this month. */
export async function selectSpending(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
  { scenarioIds, clock }: { scenarioIds: readonly string[]; clock: ScenarioClock },
): Promise<(id: string) => ScenarioSpending> {
  if (scenarioIds.length === 0) return () => nothing;
  const today = dayText(localDay(clock.timezone, clock.nowMs));
  const since = (from?: string) =>
    sumCosts(db, {
      filter: { workspaceId, livemode, scenarioIds, ...usageRange({ ...clock, from }) },
      grouping: 'scenario',
    });
  // One after the other: in a transaction they have one connection.
  const [ofMonth, ofToday] = [await since(), await since(today)];
  return (id) => ({ todayNanos: ofToday.get(id)?.cost ?? 0n, monthNanos: ofMonth.get(id)?.cost ?? 0n });
}

const nothing: ScenarioSpending = { todayNanos: 0n, monthNanos: 0n };
