import { type Alert, envelopeFields, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import type { Trigger } from 'zapier-platform-core';
import { recentAlerts, subscribe, unsubscribe } from './alert-subscription.ts';
import type { Settings } from './gateway.ts';
import { shapeOf, takeDelivery } from './take-delivery.ts';
import { titleCase } from './wording.ts';
import { asZapierErrors } from './zapier-errors.ts';
import { zapierFields } from './zapier-field.ts';
import { outputFields } from './zapier-output.ts';

/** A REST hook: subscribed when the Zap is switched on, ended when it is switched off, called at every event. */
export function alertTrigger(alert: Alert, settings: Settings): Trigger {
  const noun = titleCase(alert.label);
  return {
    key: alert.id,
    noun,
    display: { label: `New ${noun}`, description: `Triggers when ${alert.happens}.` },
    operation: {
      type: 'hook',
      performSubscribe: (z, bundle) => asZapierErrors(z, () => subscribe(z, bundle, { alert, settings })),
      performUnsubscribe: (z, bundle) => asZapierErrors(z, () => unsubscribe(z, bundle, settings)),
      perform: takeDelivery,
      performList: (z, bundle) => asZapierErrors(z, () => recentAlerts(z, bundle, { alert, settings })),
      inputFields: zapierFields(alert.filters),
      outputFields: [
        ...outputFields(envelopeFields).map((field) =>
          field.key === 'id' ? { ...field, label: 'Event ID', primary: true } : field,
        ),
        ...outputFields(alert.data),
      ],
      sample: shapeOf({ ...sampleEnvelope(alert), data: alert.sample }),
    },
  };
}
