import type { InputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Field } from '@ai-gateway/shared/fields';
import { type Alert, envelopeFields, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import type { Bundle, Trigger, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { operationInput } from './operation-input.ts';
import { zapId } from './tags.ts';
import { shapeOf, subscriptionOf, takeDelivery } from './take-delivery.ts';
import { titleCase } from './wording.ts';
import { asZapierErrors } from './zapier-errors.ts';
import { zapierFields } from './zapier-field.ts';
import { outputFields } from './zapier-output.ts';

/** A REST hook: subscribed when the Zap is switched on, ended when it is switched off, called at every event. */
export function alertTrigger(alert: Alert, settings: Settings): Trigger {
  const fields = alert.filters;
  const noun = titleCase(alert.label);
  return {
    key: alert.id,
    noun,
    display: { label: `New ${noun}`, description: `Triggers when ${alert.happens}.` },
    operation: {
      type: 'hook',
      performSubscribe: (z, bundle) => asZapierErrors(z, () => subscribe(z, bundle, { alert, fields, settings })),
      performUnsubscribe: (z, bundle) => asZapierErrors(z, () => unsubscribe(z, bundle, settings)),
      perform: takeDelivery,
      performList: (z, bundle) => asZapierErrors(z, () => recentAlerts(z, bundle, { alert, fields, settings })),
      inputFields: zapierFields(fields),
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

interface Watching {
  alert: Alert;
  fields: readonly Field[];
  settings: Settings;
}

type Filter = NonNullable<InputOf<'webhooks.create'>['filter']>;

async function subscribe(z: ZObject, bundle: Bundle, { alert, fields, settings }: Watching) {
  const zap = zapId(bundle.meta);
  const { id, token } = await gatewayOf(z, bundle, settings).call('webhooks.create', {
    url: bundle.targetUrl ?? '',
    events: [...alert.events],
    filter: operationInput(fields, bundle.inputData) as Filter,
    platform: 'zapier',
    ...(zap === '' ? {} : { external_id: zap }),
  });
  return { id, token };
}

/** A subscription that no longer exists counts as ended. */
async function unsubscribe(z: ZObject, bundle: Bundle, settings: Settings) {
  const { id } = subscriptionOf(bundle);
  if (id === undefined) return {};
  await gatewayOf(z, bundle, settings)
    .call('webhooks.remove', { id })
    .catch((error: unknown) => {
      if (!isGatewayError(error) || error.code !== 'not_found') throw error;
    });
  return { id };
}

/** The latest such events, for samples and for a Zap that is being built. */
async function recentAlerts(z: ZObject, bundle: Bundle, { alert, fields, settings }: Watching) {
  const { percent = [], ...filter } = operationInput(fields, bundle.inputData) as Filter;
  const { data } = await gatewayOf(z, bundle, settings).call('events.list', {
    type: [...alert.events],
    ...filter,
    limit: 100,
  });
  // Asked for one threshold at most, the gateway would not know of several.
  const wanted = data.filter(({ data }) => percent.length === 0 || percent.includes(Number(data.percent)));
  return wanted.map(shapeOf);
}
