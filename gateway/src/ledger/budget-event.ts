import type { CallTags } from '../accounts/call-tags.ts';
import type { Budget } from '../budgets/budget.ts';
import { viewBudget } from '../budgets/budget-view.ts';
import type { NewEvent } from '../events/event.ts';

/** A percent below 100 is a threshold, 100 is the limit itself. */
export function budgetEvent(
  budget: Budget,
  amounts: Parameters<typeof viewBudget>[1],
  { percent, tags }: { percent: number; tags: CallTags },
): NewEvent {
  return {
    workspaceId: budget.workspaceId,
    livemode: budget.livemode,
    type: percent >= 100 ? 'budget.exceeded' : 'budget.threshold_reached',
    clientId: tags.client,
    project: tags.project,
    scenarioId: tags.scenario,
    budgetId: budget.id,
    percent,
    data: {
      budget: viewBudget(budget, amounts, { asInstance: true }),
      percent,
      client_id: tags.client ?? null,
      project: tags.project ?? null,
      scenario_id: tags.scenario ?? null,
      scenario_platform: tags.platform ?? null,
      execution_id: tags.execution ?? null,
    },
  };
}
