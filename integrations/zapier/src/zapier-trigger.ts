import type { InputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Field } from '@ai-gateway/shared/fields';
import { isRecord } from '@ai-gateway/shared/json';
import { type Alert, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import type { Bundle, Trigger, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { operationInput } from './operation-input.ts';
import { zapId } from './tags.ts';
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
        { key: 'id', label: 'Event ID', type: 'string', primary: true },
        { key: 'type', label: 'Event Type', type: 'string' },
        { key: 'created_at', label: 'Event Created At', type: 'datetime' },
        { key: 'livemode', label: 'Live Mode', type: 'boolean' },
        ...outputFields(alert.data),
      ],
      sample: shapeOf({ ...sampleEnvelope(alert), data: alert.sample }),
    },
  };
}

interface Event {
  id: string;
  type: string;
  created_at: string;
  livemode: boolean;
  data: Readonly<Record<string, unknown>>;
}

/** An event as a Zap sees it, delivered or listed: its `data` lies flat beside the other fields. */
function shapeOf({ id, type, created_at, livemode, data }: Event): Record<string, unknown> & { id: string } {
  return { ...data, id, type, created_at, livemode };
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

/** Hooks are not deduplicated by Zapier, and a delivery whose answer was lost comes again. */
const rememberedSeconds = 3 * 24 * 3600;

async function takeDelivery(z: ZObject, bundle: Bundle): Promise<Record<string, unknown>[]> {
  const event: unknown = bundle.cleanedRequest;
  // A test of the app runs this without any request.
  if (!isEvent(event)) return [];
  const { id = '', token } = subscriptionOf(bundle);
  // A forged delivery starts nothing and raises no error: many errors would switch the Zap off.
  if (!isFromGateway(bundle, token)) return [];
  return (await isFirst(z, `${id}/${event.id}`)) ? [shapeOf(event)] : [];
}

/** If Zapier shows any headers, ours must be among them. It writes `Http-` before their names. */
function isFromGateway({ rawRequest }: Bundle, token: string | undefined): boolean {
  const headers = Object.entries(rawRequest?.headers ?? {});
  if (token === undefined || headers.length === 0) return true;
  return headers.some(([name, value]) => /^(http[-_])?x[-_]gateway[-_]token$/i.test(name) && value === token);
}

/**
 * Zapier's cache notes a key once (the last argument) and says false to the second; it says null when it is asked too often, and
 * may be away altogether. Better twice than never: then the delivery is taken.
 */
async function isFirst({ cache }: ZObject, name: string): Promise<boolean> {
  const key = `delivered/${name}`;
  try {
    // Asked first, since the cache that tests are given overwrites.
    if ((await cache.get(key)) !== null) return false;
    return (await cache.set(key, 1, rememberedSeconds, undefined, true)) !== false;
  } catch {
    return true;
  }
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

/** The answer of `performSubscribe`. */
function subscriptionOf({ subscribeData }: Bundle): { id?: string; token?: string } {
  return (subscribeData ?? {}) as { id?: string; token?: string };
}

function isEvent(value: unknown): value is Event {
  return isRecord(value) && typeof value.id === 'string' && typeof value.type === 'string' && isRecord(value.data);
}
