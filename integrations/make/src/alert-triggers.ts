import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type Alert, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import { capitalize } from '@ai-gateway/shared/steps/wording';
import { type Component, componentId, connectionId, type Json, type Parameter } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors, valid } from './make-errors.ts';
import { makeStaticField } from './make-field.ts';
import { makeInterface } from './make-interface.ts';
import { dateOf, limitField, omitted, outputOf } from './make-module.ts';
import { makeSample } from './make-sample.ts';

/** The operations of the contract that triggers are made of. */
export interface AlertOperations {
  subscribe: Operation;
  unsubscribe: Operation;
  listEvents: Operation;
}

/** The webhook of an alert and the trigger that starts at once. */
export function instantTrigger(alert: Alert, operations: AlertOperations): Component[] {
  return [webhook(alert, operations), watcher(alert)];
}

function webhook(alert: Alert, { subscribe, unsubscribe }: AlertOperations): Component {
  const { filters } = alert;
  return {
    kind: 'webhook',
    id: webhookId(alert),
    about: { label: alert.plural, webhookType: 'web', connection: connectionId, altConnection: null },
    code: {
      communication: {
        // Make shows no raw body, so no signature can be checked; the token is compared wherever `data` holds what `attach` kept.
        // Without it every delivery is taken: the hook's address is a secret anyway. No `verification`: that is for
        // handshakes, and starts nothing where it is true.
        // https://developers.make.com/custom-apps-documentation/app-components/webhooks
        condition: '{{if(data.token, headers.`x-gateway-token` == data.token, true)}}',
        output: eventOutput('body', alert),
        respond: { status: 200, type: 'json', body: { ok: true } },
      },
      params: filters.map(makeStaticField),
      attach: {
        url: `${gatewayAddress('connection')}${subscribe.path}`,
        method: subscribe.method,
        headers: { Authorization: bearer('connection') },
        ...noRedirects,
        body: {
          url: '{{webhook.url}}',
          events: alert.events,
          platform: 'make',
          filter: Object.fromEntries(filters.map(({ key, kind }) => [key, filterValue(key, kind)])),
        },
        response: { valid, error: makeErrors(), data: { externalHookId: '{{body.id}}', token: '{{body.token}}' } },
        log: { sanitize: secrets },
      },
      detach: {
        url: `${gatewayAddress('connection')}${unsubscribe.path.replace(':id', '{{webhook.externalHookId}}')}`,
        method: unsubscribe.method,
        headers: { Authorization: bearer('connection') },
        ...noRedirects,
        response: { valid, error: makeErrors() },
        log: { sanitize: secrets },
      },
    },
  };
}

/** An empty list of percents would let nothing through. */
function filterValue(key: string, kind: Field['kind']): string {
  return kind === 'list'
    ? `{{if(parameters.${key}[1], parameters.${key}, undefined)}}`
    : `{{ifempty(parameters.${key}, undefined)}}`;
}

/** `Budget alerts` → `budgetAlerts`. */
function webhookId({ plural }: Alert): string {
  return componentId(plural.toLowerCase().replaceAll(' ', '-'));
}

function watcher(alert: Alert): Component {
  const webhook = webhookId(alert);
  return {
    kind: 'module',
    id: `watch${capitalize(webhook)}`,
    about: {
      label: `Watch ${alert.plural.toLowerCase()}`,
      description: `Triggers when ${alert.happens}.`,
      moduleType: 'instant_trigger',
      webhook,
      connection: null,
      altConnection: null,
    },
    code: {
      // Said although base says it too: an instant trigger asks nothing, so there is no status that `valid` could look at.
      communication: { response: { valid: true, output: '{{payload}}' } },
      staticParams: [],
      interface: eventInterface(alert),
      samples: eventSample(alert),
    },
  };
}

/** The same alerts by polling: for people who want to go back in time, or whose gateway cannot reach Make. */
export function pollingTrigger(
  alert: Alert,
  about: { id: string; label: string; description: string; epochLabel: string },
  { listEvents }: AlertOperations,
): Component {
  const asked = new Set(fieldsOf(listEvents).map(({ key }) => key));
  const filters = alert.filters.filter(({ key, kind }) => asked.has(key) && kind !== 'list');
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

/** The event with its `data` laid out flat, so that each field is one step away. */
function eventOutput(collection: 'body' | 'item', { data }: Alert): Json {
  const given = `${collection}.data`;
  const dates = data.filter(({ moment }) => moment).map(({ key }) => [key, dateOf(`${given}.${key}`)]);
  const groups = data
    .filter(({ kind }) => kind === 'group')
    .map(({ key, children }) => [key, outputOf(`${given}.${key}`, momentsIn(children))]);
  const own = {
    ...Object.fromEntries([...dates, ...groups]),
    event_id: `{{${collection}.id}}`,
    type: `{{${collection}.type}}`,
    created_at: dateOf(`${collection}.created_at`),
    livemode: `{{${collection}.livemode}}`,
  };
  return { '{{...}}': omitted(given, Object.keys(own)), ...own };
}

function eventInterface({ data }: Alert): Parameter[] {
  const groups = new Map(data.map(({ key, children }) => [key, momentsIn(children)]));
  return [
    ...makeInterface(data, momentsIn(data), groups),
    { name: 'event_id', type: 'text', label: 'Event ID' },
    { name: 'type', type: 'text', label: 'Event type' },
    { name: 'created_at', type: 'date', label: 'Event created at' },
    { name: 'livemode', type: 'boolean', label: 'Live mode' },
  ];
}

function momentsIn(fields: readonly Field[]): ReadonlySet<string> {
  return new Set(fields.filter(({ moment }) => moment).map(({ key }) => key));
}

function eventSample(alert: Alert): Json {
  const { id, ...envelope } = sampleEnvelope(alert);
  return makeSample({ ...(alert.sample as Record<string, Json>), event_id: id, ...envelope }, eventInterface(alert));
}
