import type { InputOf } from '@ai-gateway/shared/contract';
import { formNumber } from '@ai-gateway/shared/form-text';
import type { IDataObject } from 'n8n-workflow';
import { alertEvents } from '../AiGateway/generated-form.ts';
import { listOf, textOf } from '../plain-value.ts';

type Subscription = InputOf<'webhooks.create'>;

/** The subscription that a filled-in trigger asks for. */
export function subscriptionOf(form: {
  url: string;
  events: readonly string[];
  filters: IDataObject;
  workflowId: string | undefined;
}): Subscription {
  const { url, events, filters, workflowId } = form;
  const percent = listOf(filters.percents).map((percent) => formNumber(percent) as number);
  return {
    url,
    events: events.flatMap(eventTypesOf),
    filter: {
      ...named('client_id', filters.client),
      ...named('project', filters.project),
      ...named('scenario_id', filters.scenario),
      ...named('budget_id', filters.budget),
      ...(percent.length === 0 ? {} : { percent }),
    },
    platform: 'n8n',
    ...(workflowId === undefined || workflowId === '' ? {} : { external_id: workflowId }),
  };
}

/** One choice of the form may be several events of the gateway. A value that is not a choice came from an expression. */
function eventTypesOf(event: string): readonly Subscription['events'][number][] {
  return alertEvents[event] ?? [event as Subscription['events'][number]];
}

function named(key: string, value: unknown): Record<string, string> {
  const text = textOf(value);
  return text === '' ? {} : { [key]: text };
}
