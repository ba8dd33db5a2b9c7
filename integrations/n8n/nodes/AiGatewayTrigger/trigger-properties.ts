import type { INodeProperties } from 'n8n-workflow';
import { locator } from '../locator.ts';

export const triggerProperties: INodeProperties[] = [
  {
    displayName: 'Events',
    name: 'events',
    type: 'multiOptions',
    required: true,
    default: ['budgetAlert'],
    description: 'What starts the workflow',
    options: [
      {
        name: 'Budget Alert',
        value: 'budgetAlert',
        description: 'A budget passed one of its thresholds, or is used up',
      },
      { name: 'Budget Reset', value: 'budget.reset', description: 'A budget resets' },
      {
        name: 'Client Lookalike',
        value: 'client.lookalike',
        description: 'A call names a client, project or scenario that differs from a known one by case only',
      },
      {
        name: 'Latency Degraded',
        value: 'latency.degraded',
        description: 'A model answers much slower than it usually does',
      },
      { name: 'Provider Down', value: 'provider.down', description: 'A provider of models fails' },
      { name: 'Provider Recovered', value: 'provider.recovered', description: 'A provider that failed answers again' },
      {
        name: 'Scenario Paused',
        value: 'scenario.paused',
        description: 'A workflow was paused by a person or by its own limits',
      },
      { name: 'Scenario Resumed', value: 'scenario.resumed', description: 'Its calls are allowed again' },
    ],
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    default: {},
    description: 'Only events about these start the workflow',
    options: [
      {
        displayName: 'Budget',
        name: 'budget',
        description: 'Alerts of this budget only',
        ...locator({ method: 'searchBudgets', example: 'bud_01k2' }),
      },
      {
        displayName: 'Client',
        name: 'client',
        description: 'Events about this client only',
        ...locator({ method: 'searchClients', example: 'acme' }),
      },
      {
        displayName: 'Percents',
        name: 'percents',
        type: 'string',
        placeholder: 'e.g. 80, 100',
        default: '',
        description: 'Budget alerts of these thresholds only, with commas between; 100 is when the budget is used up',
      },
      {
        displayName: 'Project',
        name: 'project',
        description: 'Events about this project only',
        ...locator({ method: 'searchProjects', example: 'newsletter' }),
      },
      {
        displayName: 'Scenario',
        name: 'scenario',
        description: 'Events about this scenario only: a workflow’s ID, unless its calls say otherwise',
        ...locator({ method: 'searchScenarios', example: 'a8Xk2mP0qLw3' }),
      },
    ],
  },
];

/** By value, as the form names them. */
export const eventNames: Record<string, string> = Object.fromEntries(
  (triggerProperties[0]?.options ?? []).flatMap((option) => ('value' in option ? [[option.value, option.name]] : [])),
);
