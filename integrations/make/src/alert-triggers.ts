import type { Field } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Alert } from '@ai-gateway/shared/steps/alerts';
import { capitalize } from '@ai-gateway/shared/steps/wording';
import { eventInterface, eventOutput, eventSample } from './alert-event.ts';
import { type Component, componentId, connectionId } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors, valid } from './make-errors.ts';
import { makeStaticField } from './make-field.ts';

/** The operations of the contract that triggers are made of. */
export interface AlertOperations {
  subscribe: Operation;
  unsubscribe: Operation;
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
