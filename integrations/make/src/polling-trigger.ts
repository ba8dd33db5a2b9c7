import { fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Alert } from '@ai-gateway/shared/steps/alerts';
import { eventInterface, eventOutput, eventSample } from './alert-event.ts';
import { type Component, connectionId } from './component.ts';
import { makeStaticField } from './make-field.ts';
import { limitField } from './make-module.ts';

/** The same alerts by polling: for people who want to go back in time, or whose gateway cannot reach Make. */
export function pollingTrigger(
  alert: Alert,
  about: { id: string; label: string; description: string; epochLabel: string },
  listEvents: Operation,
): Component {
  const known = new Set(fieldsOf(listEvents).map(({ key }) => key));
  const filters = alert.filters.filter(({ key, kind }) => known.has(key) && kind !== 'list');
  const { id, epochLabel, ...words } = about;
  return {
    kind: 'module',
    id,
    about: { ...words, moduleType: 'trigger', connection: connectionId, altConnection: null },
    code: {
      communication: {
        url: listEvents.path,
        method: listEvents.method,
        qs: {
          ...Object.fromEntries(filters.map(({ key }) => [key, `{{ifempty(parameters.${key}, undefined)}}`])),
          // A list repeats the key. Chosen by the gateway and not by a condition here, since a page of which nothing is left ends
          // the paging: https://developers.make.com/custom-apps-documentation/component-blocks/api/pagination
          type: alert.events,
          limit: 100,
        },
        response: {
          iterate: '{{body.data}}',
          output: eventOutput('item', alert),
          limit: '{{parameters.limit}}',
          trigger: { type: 'date', order: 'desc', id: '{{item.id}}', date: '{{item.created_at}}' },
        },
        pagination: { condition: '{{body.next_cursor}}', qs: { cursor: '{{body.next_cursor}}' } },
      },
      staticParams: [...filters.map(makeStaticField), { ...limitField, required: true, default: 2 }],
      interface: eventInterface(alert),
      samples: eventSample(alert),
      epoch: { response: { limit: 300, output: { label: epochLabel, date: '{{item.created_at}}' } } },
    },
  };
}
