import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { ScenarioRow } from './scenario-store.ts';

export type ScenarioView = OutputOf<'scenarios.pause'>;

export function viewScenario(row: ScenarioRow): ScenarioView {
  return {
    id: row.id,
    platform: row.platform,
    state: row.state,
    reason: row.reason,
    by: row.by,
    since: row.since?.toISOString() ?? null,
    last_call_at: row.lastCallAt?.toISOString() ?? null,
    spent_today_usd: toUsd(row.spentTodayNanos),
    spent_period_usd: toUsd(row.spentPeriodNanos),
    calls_per_minute: row.callsPerMinute,
    source_stop: row.sourceStop,
  };
}
