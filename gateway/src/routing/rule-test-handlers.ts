import type { Handlers } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { checkRule, namesFor } from './check-rules.ts';
import { listPastCalls } from './past-calls-store.ts';
import { readSample } from './read-sample.ts';
import type { Rule } from './rule.ts';
import { tryRule } from './try-rule.ts';

interface TestPorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
}

export const ruleTestHandlers: Pick<Handlers<Context<TestPorts>>, 'rules.test'> = {
  'rules.test': async ({ rule: given, last, sample }, { caller, services }) => {
    const rule: Rule = { ...given, id: given.id ?? 'test' };
    const names = await namesFor(services, caller);
    await checkRule(rule, { names, workspaceId: caller.workspaceId, db: services.db }, 'rule.');
    const calls = await listPastCalls(services.db, { ...caller, last });
    const tried = tryRule(rule, {
      calls,
      sample: sample && readSample(sample),
      sampleJson: sample ?? {},
      names,
    });
    const { met, applied, costNanos, newCostNanos, fromSample } = tried;
    return {
      calls: calls.length,
      met,
      applied,
      cost_usd: toUsd(costNanos),
      new_cost_usd: newCostNanos === undefined ? null : toUsd(newCostNanos),
      difference_usd: newCostNanos === undefined ? null : toUsd(newCostNanos - costNanos),
      from_sample: [...fromSample],
    };
  },
};
