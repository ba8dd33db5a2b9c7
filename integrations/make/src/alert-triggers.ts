import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type Component, connectionId, type Json, type Parameter } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors, valid } from './make-errors.ts';
import { makeStaticField } from './make-field.ts';
import { dateOf, limitField, omitted, outputOf } from './make-module.ts';
import { makeSample } from './make-sample.ts';

/** The operations of the contract that triggers are made of. */
export interface AlertOperations {
  subscribe: Operation;
  unsubscribe: Operation;
  listEvents: Operation;
}

/** Something a scenario can wait for. */
export interface Alert {
  id: string;
  /** What the webhook is called. */
  label: string;
  instant: { label: string; description: string };
  events: readonly string[];
  /** Which filters of a subscription make sense for it. */
  filters: readonly string[];
  /** What the event's `data` holds. */
  data: readonly Parameter[];
  sample: { readonly [key: string]: Json };
}

/** The webhook of an alert and the trigger that starts at once. */
export function instantTrigger(alert: Alert, operations: AlertOperations): Component[] {
  return [webhook(alert, operations), watcher(alert)];
}

function webhook(alert: Alert, { subscribe, unsubscribe }: AlertOperations): Component {
  const filters = filtersOf(alert, subscribe);
  return {
    kind: 'webhook',
    id: alert.id,
    about: { label: alert.label, webhookType: 'web', connection: connectionId, altConnection: null },
    code: {
      communication: {
        // Make shows no raw body, so no signature can be checked; the token is compared wherever `data` holds what `attach` kept.
        // Where it does not, every delivery is taken: the hook's address is a secret anyway. No `verification`: that is for
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

function filtersOf({ filters }: Alert, { input }: Operation): Field[] {
  const all = fieldsOf({ input }).find(({ key }) => key === 'filter')?.children ?? [];
  return all.filter(({ key }) => filters.includes(key));
}

/** An empty list of percents would let nothing through. */
function filterValue(key: string, kind: Field['kind']): string {
  return kind === 'list'
    ? `{{if(parameters.${key}[1], parameters.${key}, undefined)}}`
    : `{{ifempty(parameters.${key}, undefined)}}`;
}

function watcher({ id, instant, data, sample }: Alert): Component {
  return {
    kind: 'module',
    id: `watch${id.charAt(0).toUpperCase()}${id.slice(1)}`,
    about: { ...instant, moduleType: 'instant_trigger', webhook: id, connection: null, altConnection: null },
    code: {
      // Said although base says it too: an instant trigger asks nothing, so there is no status that `valid` could look at.
      communication: { response: { valid: true, output: '{{payload}}' } },
      staticParams: [],
      interface: eventInterface(data),
      samples: makeSample(sample, eventInterface(data)),
    },
  };
}

/** The same alerts by asking every now and then: for who wants to go back in time, or has a gateway that cannot reach Make. */
export function pollingTrigger(
  alert: Alert,
  about: { id: string; label: string; description: string; epochLabel: string },
  { subscribe, listEvents }: AlertOperations,
): Component {
  const asked = new Set(fieldsOf(listEvents).map(({ key }) => key));
  const filters = filtersOf(alert, subscribe).filter(({ key, kind }) => asked.has(key) && kind !== 'list');
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
      interface: eventInterface(alert.data),
      samples: makeSample(alert.sample, eventInterface(alert.data)),
      epoch: { response: { limit: 300, output: { label: epochLabel, date: '{{item.created_at}}' } } },
    },
  };
}

/** The event with its `data` laid out flat: what a person wants is one step away. */
function eventOutput(collection: 'body' | 'item', { data }: Alert): Json {
  const given = `${collection}.data`;
  const dates = data
    .filter(({ type }) => type === 'date')
    .flatMap(({ name = '' }) => [[name, dateOf(`${given}.${name}`)]]);
  const groups = data
    .filter(({ type }) => type === 'collection')
    .map((group) => [group.name, groupOutput(given, group)]);
  const own = {
    ...Object.fromEntries([...dates, ...groups]),
    event_id: `{{${collection}.id}}`,
    type: `{{${collection}.type}}`,
    created_at: dateOf(`${collection}.created_at`),
    livemode: `{{${collection}.livemode}}`,
  };
  return { '{{...}}': omitted(given, Object.keys(own)), ...own };
}

/** A budget or a scenario, its moments as dates. */
function groupOutput(collection: string, { name, spec }: Parameter): Json {
  const dates = (spec as readonly Parameter[]).filter(({ type }) => type === 'date').map((field) => field.name ?? '');
  return outputOf(`${collection}.${name}`, new Set(dates));
}

function eventInterface(data: readonly Parameter[]): Parameter[] {
  return [
    ...data,
    { name: 'event_id', type: 'text', label: 'Event ID' },
    { name: 'type', type: 'text', label: 'Type' },
    { name: 'created_at', type: 'date', label: 'Created at' },
    { name: 'livemode', type: 'boolean', label: 'Live mode' },
  ];
}
