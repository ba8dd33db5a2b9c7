import { alertsOn } from '@ai-gateway/shared/steps/alerts';
import { capitalize } from '@ai-gateway/shared/steps/wording';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { n8nProperty, sorted } from './n8n-property.ts';
import { camelCase, describe, titleCase } from './wording.ts';

const alerts = alertsOn('n8n').map((alert) => ({ ...alert, value: choiceOf(alert) }));

/** One tick list of everything that can start a workflow, and the filters of all of them together. */
export function triggerProperties(): INodeProperties[] {
  return [
    {
      displayName: 'Events',
      name: 'events',
      type: 'multiOptions',
      required: true,
      default: ['budgetAlert'],
      description: 'Events that start the workflow',
      options: sorted(alerts.map(choice), ({ name }) => name),
    },
    {
      displayName: 'Filters',
      name: 'filters',
      type: 'collection',
      placeholder: 'Add Filter',
      default: {},
      description: 'Only events that pass these filters start the workflow',
      options: sorted(filters(), ({ displayName }) => displayName),
    },
  ];
}

/** The gateway's events of each choice. */
export function eventsOfAlerts(): Record<string, readonly string[]> {
  return Object.fromEntries(alerts.map(({ value, events }) => [value, events]));
}

function choice({ label, value, happens }: (typeof alerts)[number]): INodePropertyOptions {
  return { name: titleCase(label), value, description: describe(capitalize(happens)) };
}

/** Published workflows hold these values: an event's own name, but for alerts of several events. */
function choiceOf({ id, events }: { id: string; events: readonly string[] }): string {
  return events.length === 1 ? (events[0] ?? id) : camelCase(id);
}

function filters(): INodeProperties[] {
  const byKey = new Map(alerts.flatMap((alert) => alert.filters).map((field) => [field.key, field]));
  return [...byKey.values()].map((field) => n8nProperty(field, { example: field.placeholder }));
}
