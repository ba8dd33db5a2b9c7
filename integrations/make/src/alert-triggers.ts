import type { Alert } from '@ai-gateway/shared/steps/alerts';
import { capitalize } from '@ai-gateway/shared/steps/wording';
import { eventInterface, eventSample } from './alert-event.ts';
import { type AlertOperations, alertWebhook, webhookId } from './alert-webhook.ts';
import type { Component } from './component.ts';

/** The webhook of an alert and the trigger that starts at once. */
export function instantTrigger(alert: Alert, operations: AlertOperations): Component[] {
  return [alertWebhook(alert, operations), watcher(alert)];
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
