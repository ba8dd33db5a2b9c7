import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { type SavingsSum, sumSavings } from './savings-store.ts';
import { daysOf } from './usage-range.ts';
import { rangeIn } from './workspace-range.ts';

/** How well the chosen models agree with the strong one. */
export interface SavingsEvidence {
  pairs: number;
  agreement: number;
  lower: number;
}

/** Of a task, of a model, or, without a group, of the workspace; null where nothing is measured. */
interface EvidenceOfSavings {
  savingsOf(group: { task: string } | { model: string } | undefined): SavingsEvidence | null;
}

interface SavingsPorts {
  evidence: { of(workspaceId: string, livemode: boolean): EvidenceOfSavings | Promise<EvidenceOfSavings> };
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

const fieldOf = { day: 'day', client: 'client_id', task: 'task', model: 'model' } as const;

export const savingsHandlers: Pick<Handlers<Context<SavingsPorts>>, 'savings.get'> = {
  'savings.get': async (input, { caller, services }) => {
    const range = await rangeIn({ services, caller }, input);
    const { workspaceId, livemode } = caller;
    const grouping = input.group_by;
    const days = grouping === 'day' ? daysOf(range, services.now()) : [];
    const filter = { workspaceId, livemode, from: range.from, to: range.to };
    const evidence = await services.evidence.of(workspaceId, livemode);
    const rows = await sumSavings(services.db, { filter, grouping, days });
    return {
      data: rows.map((row) => ({
        ...noGroup,
        [fieldOf[grouping]]: row.group,
        ...describe(row),
        evidence: row.savedAutoNanos === 0n ? null : evidence.savingsOf(groupOf(grouping, row.group)),
      })),
      totals: describe(rows.reduce(add, nothing)),
    };
  },
};

/** Days and clients have no evidence of their own: that of the workspace stands for them. */
function groupOf(
  grouping: keyof typeof fieldOf,
  group: string | null,
): { task: string } | { model: string } | undefined {
  if (grouping === 'task') return { task: group ?? '' };
  return grouping === 'model' ? { model: group ?? '' } : undefined;
}

const noGroup = { day: null, client_id: null, task: null, model: null };

const nothing: SavingsSum = {
  group: null,
  calls: 0,
  costNanos: 0n,
  savedNanos: 0n,
  savedAutoNanos: 0n,
  savedRulesNanos: 0n,
  savedMarksNanos: 0n,
};

function add(a: SavingsSum, b: SavingsSum): SavingsSum {
  return {
    group: null,
    calls: a.calls + b.calls,
    costNanos: a.costNanos + b.costNanos,
    savedNanos: a.savedNanos + b.savedNanos,
    savedAutoNanos: a.savedAutoNanos + b.savedAutoNanos,
    savedRulesNanos: a.savedRulesNanos + b.savedRulesNanos,
    savedMarksNanos: a.savedMarksNanos + b.savedMarksNanos,
  };
}

/** The response cache's part is the rest, so that the parts add up. */
function describe(row: SavingsSum): OutputOf<'savings.get'>['totals'] {
  const { savedNanos, savedAutoNanos, savedRulesNanos, savedMarksNanos } = row;
  return {
    calls: row.calls,
    cost_usd: toUsd(row.costNanos),
    saved_usd: {
      auto: toUsd(savedAutoNanos),
      rules: toUsd(savedRulesNanos),
      provider_cache: toUsd(savedMarksNanos),
      response_cache: toUsd(savedNanos - savedAutoNanos - savedRulesNanos - savedMarksNanos),
    },
  };
}
