import { fieldsOf } from '@ai-gateway/shared/fields';
import { budget } from '@ai-gateway/shared/operations/budgets';
import { sampleEvent } from '@ai-gateway/shared/operations/events';
import { sampleScenario, scenario } from '@ai-gateway/shared/operations/scenarios';
import type { Alert } from './alert-triggers.ts';
import type { Json } from './component.ts';
import { makeInterface } from './make-interface.ts';
import { momentsOf } from './moments.ts';

const envelope = (type: string) => ({
  event_id: sampleEvent.id,
  type,
  created_at: sampleEvent.created_at,
  livemode: sampleEvent.livemode,
});

export const budgetAlerts: Alert = {
  id: 'budgetAlerts',
  label: 'Budget alerts',
  instant: {
    label: 'Watch budget alerts',
    description: 'Triggers when a budget passes a threshold or is used up.',
  },
  events: ['budget.threshold_reached', 'budget.exceeded'],
  filters: ['client_id', 'project', 'scenario_id', 'budget_id', 'percent'],
  data: [
    {
      name: 'budget',
      type: 'collection',
      label: 'Budget',
      spec: makeInterface(fieldsOf({ input: budget }), momentsOf(budget)),
    },
    { name: 'percent', type: 'integer', label: 'Percent' },
    { name: 'client_id', type: 'text', label: 'Client' },
    { name: 'project', type: 'text', label: 'Project' },
    { name: 'scenario_id', type: 'text', label: 'Scenario' },
    { name: 'scenario_platform', type: 'text', label: 'Platform' },
    { name: 'execution_id', type: 'text', label: 'Execution' },
  ],
  sample: { ...(sampleEvent.data as Record<string, Json>), ...envelope('budget.threshold_reached') },
};

const scenarioPauses: Alert = {
  id: 'pausedScenarios',
  label: 'Paused scenarios',
  instant: {
    label: 'Watch paused scenarios',
    description: 'Triggers when a scenario is paused by a person or by its own limits.',
  },
  events: ['scenario.paused'],
  filters: ['scenario_id'],
  data: [
    {
      name: 'scenario',
      type: 'collection',
      label: 'Scenario',
      spec: makeInterface(fieldsOf({ input: scenario }), momentsOf(scenario)),
    },
    { name: 'reason', type: 'text', label: 'Reason' },
    { name: 'by', type: 'text', label: 'By' },
  ],
  sample: {
    scenario: sampleScenario,
    reason: sampleScenario.reason,
    by: sampleScenario.by,
    ...envelope('scenario.paused'),
  },
};

const providerOutages: Alert = {
  id: 'providerOutages',
  label: 'Provider outages',
  instant: {
    label: 'Watch provider outages',
    description: 'Triggers when a model provider fails.',
  },
  events: ['provider.down'],
  filters: [],
  data: [
    { name: 'provider', type: 'text', label: 'Provider' },
    { name: 'model', type: 'text', label: 'Model' },
    { name: 'error_rate', type: 'number', label: 'Error rate' },
    { name: 'since', type: 'date', label: 'Since' },
    { name: 'resting_until', type: 'date', label: 'Cooling down until' },
    { name: 'message', type: 'text', label: 'Message of the provider' },
  ],
  sample: {
    provider: 'openai',
    model: 'gpt-4o-mini',
    error_rate: 0.8,
    since: '2026-11-01T07:58:00.000Z',
    resting_until: '2026-11-01T08:00:30.000Z',
    message: null,
    ...envelope('provider.down'),
  },
};

export const alerts: readonly Alert[] = [budgetAlerts, scenarioPauses, providerOutages];
