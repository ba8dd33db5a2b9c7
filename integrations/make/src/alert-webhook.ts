import type { Field } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Alert } from '@ai-gateway/shared/steps/alerts';
import { eventOutput } from './alert-event.ts';
import { type Component, componentId, connectionId } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors, valid } from './make-errors.ts';
import { makeStaticField } from './make-field.ts';

/** The operations of the contract that triggers are made of. */
export interface AlertOperations {
  subscribe: Operation;
  unsubscribe: Operation;
}

/** The webhook of an alert: it subscribes when a scenario is switched on, and unsubscribes when it is switched off. */
export function alertWebhook(alert: Alert, { subscribe, unsubscribe }: AlertOperations): Component {
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
export function webhookId({ plural }: Alert): string {
  return componentId(plural.toLowerCase().replaceAll(' ', '-'));
}
