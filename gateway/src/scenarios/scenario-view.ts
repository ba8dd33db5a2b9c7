import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import { lockText, noLock } from '../accounts/scenario-lock.ts';
import type { ScenarioRow } from './scenario-store.ts';

export type ScenarioView = OutputOf<'scenarios.pause'>;

export function viewScenario(row: ScenarioRow): ScenarioView {
  return {
    id: row.id,
    name: row.name,
    platform: row.platform,
    state: row.state,
    reason: row.lock === noLock ? row.reason : forSome(row),
    by: row.by,
    since: row.since?.toISOString() ?? null,
    clients: row.clients.shown.map(({ id, name }) => ({ client_id: id, name })),
    client_count: row.clients.count,
    last_call_at: row.lastCallAt?.toISOString() ?? null,
    spent_today_usd: toUsd(row.spentTodayNanos),
    spent_period_usd: toUsd(row.spentPeriodNanos),
    calls_per_minute: row.callsPerMinute,
    source_stop: row.sourceStop,
  };
}

/** A pause that reaches some of its calls only says which. */
function forSome({ state, reason, lock }: ScenarioRow): string | null {
  if (state === 'running') return reason;
  return `${reason === null || reason === '' ? '' : `${reason} `}Only calls of ${lockText(lock)} are refused.`;
}
