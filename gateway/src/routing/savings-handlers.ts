import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import {
  findSavingsEvidence,
  type SavingsEvidence,
  type SavingsSum,
  sumSavings,
  sumSecondAnswers,
} from '../usage/savings-store.ts';
import { daysOf } from '../usage/usage-range.ts';
import { rangeIn } from '../usage/workspace-range.ts';
import { judgesOf } from './judges.ts';
import { strongModelsOf } from './leading-claim.ts';
import { readRouting } from './routing-version-store.ts';

interface SavingsPorts {
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
    const query = { filter, grouping, days };
    const [{ groups, total }, secondNanos] = await Promise.all([
      sumSavings(services.db, query),
      sumSecondAnswers(services.db, filter),
    ]);
    const isSaved = groups.some(({ savedAutoNanos }) => savedAutoNanos !== 0n);
    const document = isSaved ? await readRouting(services.db, workspaceId) : undefined;
    const evidence =
      document &&
      (await findSavingsEvidence(
        services.db,
        { ...query, strongModels: strongModelsOf(document, new Date(services.now())) },
        judgesOf(document),
      ));
    return {
      data: groups.map((row) => ({
        ...noGroup,
        [fieldOf[grouping]]: row.group,
        ...describe(row),
        evidence: row.savedAutoNanos === 0n ? null : shown(evidence?.get(row.group)),
      })),
      totals: { ...describe(total ?? nothing), second_answers_usd: toUsd(secondNanos) },
    };
  },
};

function shown(found: SavingsEvidence | undefined): OutputOf<'savings.get'>['data'][number]['evidence'] {
  if (found === undefined) return null;
  const { judged, ...figures } = found;
  return { ...figures, ...(judged ? { judged } : {}) };
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

/** The response cache's part is the rest, so that the parts add up. */
function describe(row: SavingsSum): Omit<OutputOf<'savings.get'>['totals'], 'second_answers_usd'> {
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
