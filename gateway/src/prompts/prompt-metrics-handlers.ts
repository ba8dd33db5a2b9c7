import type { Handlers } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { readVersionFigures } from '../usage/prompt-sums-store.ts';
import { rangeIn } from '../usage/workspace-range.ts';
import { findRow } from './prompt-view.ts';

interface MetricsPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

export const promptMetricsHandlers: Pick<Handlers<Context<MetricsPorts>>, 'prompts.metrics'> = {
  'prompts.metrics': async ({ id, from, to }, context) => {
    const { services, caller } = context;
    const row = await findRow(services.db, caller, id);
    const range = await rangeIn(context, { from, to });
    const figures = await readVersionFigures(services.db, {
      ...{ workspaceId: caller.workspaceId, livemode: caller.livemode, promptId: row.id },
      ...{ from: range.from, to: range.to },
    });
    return {
      data: figures.map(({ cost_nanos, ...rest }) => ({
        ...rest,
        cost_usd: toUsd(BigInt(cost_nanos)),
      })),
    };
  },
};
