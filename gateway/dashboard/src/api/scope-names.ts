import type { OutputOf } from '@ai-gateway/shared/contract';
import { scenarioText } from '@ai-gateway/shared/scenario-text';
import { useClientNames } from './client-names.ts';
import { useScenarioNames } from './scenario-names.ts';

export type ScopeNames = (tag: string, value: string) => string;

/** The names of the clients and scenarios that budgets are for. */
export function useScopeNames(budgets: readonly Pick<OutputOf<'budgets.get'>, 'scope'>[]): ScopeNames {
  const clientName = useClientNames(budgets.map(({ scope }) => scope.client_id ?? null));
  const scenarioName = useScenarioNames(budgets.map(({ scope }) => scope.scenario_id ?? null));
  return (tag, value) => {
    if (tag === 'client_id') return clientName(value);
    return tag === 'scenario_id' ? scenarioText({ id: value, name: scenarioName(value) }) : value;
  };
}
