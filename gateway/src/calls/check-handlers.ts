import type { Handlers } from '@ai-gateway/shared/contract';
import type { Context } from '../accounts/context.ts';
import { ownClient, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { type CheckPorts, checkBudget } from './check-budget.ts';

export const checkHandlers: Pick<Handlers<Context<CheckPorts>>, 'budgets.check'> = {
  // Its own fields win over the tags the request brings along, as the nearest does everywhere.
  'budgets.check': (input, { caller, services, tags }) => {
    const asked = {
      ...tags,
      client: ownClient(caller, input.client_id) ?? tags.client,
      project: ownProject(caller, input.project) ?? tags.project,
      scenario: ownScenario(caller, input.scenario_id) ?? tags.scenario,
    };
    return checkBudget(services, { caller, tags: asked, model: input.model, maxTokens: input.max_tokens });
  },
};
