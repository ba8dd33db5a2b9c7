import { fieldsOf } from '@ai-gateway/shared/fields';
import { budget } from '@ai-gateway/shared/operations/budgets';
import { type EventType, sampleEvent } from '@ai-gateway/shared/operations/events';
import { sampleScenario, scenario } from '@ai-gateway/shared/operations/scenarios';
import type { PlainOutputField } from 'zapier-platform-core';
import { outputFields } from './zapier-output.ts';

/** Something a Zap can wait for. */
export interface Alert {
  key: string;
  noun: string;
  label: string;
  description: string;
  events: readonly EventType[];
  /** Which filters of a subscription make sense for it. */
  filters: readonly string[];
  /** What the event's `data` holds. */
  data: readonly PlainOutputField[];
  sample: Readonly<Record<string, unknown>>;
}

const text = (key: string, label: string): PlainOutputField => ({ key, label, type: 'string' });
const time = (key: string, label: string): PlainOutputField => ({ key, label, type: 'datetime' });

/** The fields of a shape of the contract, as they stand under `key` in an event. */
const under = (key: string, label: string, shape: Parameters<typeof fieldsOf>[0]['input']): PlainOutputField[] =>
  outputFields([
    {
      key,
      kind: 'group',
      label,
      help: '',
      required: true,
      multiline: false,
      inSight: false,
      moment: false,
      initial: undefined,
      choices: [],
      options: undefined,
      children: fieldsOf({ input: shape }),
    },
  ]);

export const alerts: readonly Alert[] = [
  {
    key: 'budget_alert',
    noun: 'Budget Alert',
    label: 'New Budget Alert',
    description: 'Triggers when a budget passes one of its thresholds, or is used up.',
    events: ['budget.threshold_reached', 'budget.exceeded'],
    filters: ['client_id', 'project', 'scenario_id', 'budget_id', 'percent'],
    data: [
      { key: 'percent', label: 'Threshold (%)', type: 'integer' },
      ...under('budget', 'Budget', budget),
      text('client_id', 'Client ID'),
      text('project', 'Project'),
      text('scenario_id', 'Scenario ID'),
      text('scenario_platform', 'Scenario Platform'),
      text('execution_id', 'Execution ID'),
    ],
    sample: sampleEvent.data,
  },
  {
    key: 'scenario_paused',
    noun: 'Paused Scenario',
    label: 'New Paused Scenario',
    description: 'Triggers when a scenario is paused by a person or by its own limits.',
    events: ['scenario.paused'],
    filters: ['scenario_id'],
    data: [text('reason', 'Pause Reason'), text('by', 'Paused By'), ...under('scenario', 'Scenario', scenario)],
    sample: { reason: sampleScenario.reason, by: sampleScenario.by, scenario: sampleScenario },
  },
  {
    key: 'provider_down',
    noun: 'Provider Outage',
    label: 'New Provider Outage',
    description: 'Triggers when a provider of models fails.',
    events: ['provider.down'],
    filters: [],
    data: [
      text('provider', 'Provider'),
      text('model', 'Model'),
      { key: 'error_rate', label: 'Error Rate', type: 'number' },
      time('since', 'Failing Since'),
      time('resting_until', 'Resting Until'),
      text('message', 'Message of the Provider'),
    ],
    sample: {
      provider: 'openai',
      model: 'gpt-4o',
      error_rate: 0.8,
      since: '2026-11-01T07:58:00.000Z',
      resting_until: '2026-11-01T08:03:00.000Z',
      message: null,
    },
  },
];
