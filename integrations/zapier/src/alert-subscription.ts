import type { InputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Alert } from '@ai-gateway/shared/steps/alerts';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { operationInput } from './operation-input.ts';
import { zapId } from './tags.ts';
import { shapeOf, subscriptionOf } from './take-delivery.ts';

/** An alert that a Zap waits for. */
interface Watching {
  alert: Alert;
  settings: Settings;
}

type Filter = NonNullable<InputOf<'webhooks.create'>['filter']>;

export async function subscribe(z: ZObject, bundle: Bundle, { alert, settings }: Watching) {
  const zap = zapId(bundle.meta);
  const { id, token } = await gatewayOf(z, bundle, settings).call('webhooks.create', {
    url: bundle.targetUrl ?? '',
    events: [...alert.events],
    filter: operationInput(alert.filters, bundle.inputData) as Filter,
    platform: 'zapier',
    ...(zap === '' ? {} : { external_id: zap }),
  });
  return { id, token };
}

/** A subscription that no longer exists counts as ended. */
export async function unsubscribe(z: ZObject, bundle: Bundle, settings: Settings) {
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
export async function recentAlerts(z: ZObject, bundle: Bundle, { alert, settings }: Watching) {
  const { percent = [], ...filter } = operationInput(alert.filters, bundle.inputData) as Filter;
  const { data } = await gatewayOf(z, bundle, settings).call('events.list', {
    type: [...alert.events],
    ...filter,
    limit: 100,
  });
  // Asked for one threshold at most, the gateway would not know of several.
  const wanted = data.filter(({ data }) => percent.length === 0 || percent.includes(Number(data.percent)));
  return wanted.map(shapeOf);
}
