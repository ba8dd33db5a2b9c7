import { z } from 'zod';
import { operation } from '../operation.ts';
import { budgetId } from './budgets.ts';
import {
  clientId,
  cursor,
  id,
  isoTime,
  limit,
  moment,
  nothing,
  numberOrText,
  page,
  project,
  scenarioId,
} from './common.ts';
import { eventType, gatewayEvent, sampleEvent } from './events.ts';

const percent = z.number().int().min(1).max(100);
const filter = z
  .strictObject({
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    budget_id: budgetId.optional(),
    percent: z
      .array(percent)
      .max(20)
      .optional()
      .meta({ title: 'Percents', description: 'For budget alerts: only these thresholds.' }),
  })
  .meta({ title: 'Filter', description: 'Only events about these tags and budgets. Empty: all events.' });
const events = z.array(eventType).min(1).max(20).meta({ title: 'Events', description: 'The events to send.' });
const url = z
  .string()
  .max(2_000)
  .regex(/^(https?:\/\/|mailto:)\S+$/i, 'must begin with https://, http:// or mailto:')
  .meta({
    title: 'URL',
    description:
      'The address that receives the events. A Slack incoming webhook gets Slack messages; mailto:you@example.com gets e-mails, after its owner has confirmed the first one.',
  });

const webhook = z
  .object({
    id,
    url,
    events,
    filter,
    platform: z
      .string()
      .nullable()
      .meta({ title: 'Platform', description: 'The platform that subscribed: make, zapier, n8n.' }),
    external_id: z
      .string()
      .nullable()
      .meta({ title: 'External id', description: 'The subscriber’s own id for the subscription.' }),
    status: z.enum(['enabled', 'disabled', 'unconfirmed']).meta({
      title: 'Status',
      description:
        'enabled: events are delivered. disabled: the receiver answered 410, or failed for five days. unconfirmed: the link in the first e-mail has not been opened yet.',
    }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
    livemode: z.boolean().meta({ title: 'Live mode', description: 'False for subscriptions made with test keys.' }),
  })
  .meta({ title: 'Webhook', description: 'A subscription to events.' });

const sample = {
  id: 'wh_01k2',
  url: 'https://hook.eu1.make.com/abc',
  events: ['budget.threshold_reached' as const, 'budget.exceeded' as const],
  filter: { client_id: 'acme' },
  platform: 'make',
  external_id: null,
  status: 'enabled' as const,
  created_at: '2026-11-01T08:00:00.000Z',
  livemode: true,
};

export const createWebhook = operation({
  id: 'webhooks.create',
  method: 'POST',
  path: '/v1/webhooks',
  group: 'Webhooks',
  label: 'Subscribe to events',
  description: 'Subscribes a URL to events. They are signed by Standard Webhooks and retried for three days.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 201,
  statusAgain: 200,
  input: z.strictObject({
    url,
    events,
    filter: filter.default({}),
    platform: z
      .string()
      .max(50)
      .optional()
      .meta({ title: 'Platform', description: 'The platform that subscribes: make, zapier, n8n.' }),
    external_id: z
      .string()
      .max(200)
      .optional()
      .meta({ title: 'External id', description: 'Your own id for the subscription.' }),
  }),
  output: webhook.extend({
    secret: z.string().meta({ title: 'Secret', description: 'Verifies `webhook-signature`.' }),
    token: z
      .string()
      .meta({ title: 'Token', description: 'Sent as `x-gateway-token`, for platforms that cannot verify signatures.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { url: sample.url, events: sample.events, filter: sample.filter, platform: 'make' },
    output: { ...sample, secret: 'whsec_…', token: 'whtok_…' },
  },
  wrong: [
    { input: { url: 'ftp://example.com', events: ['budget.exceeded'] }, because: 'events are posted over HTTP' },
    { input: { url: 'https://example.com', events: [] }, because: 'a subscription needs an event' },
    { input: { url: 'https://example.com', events: ['budget.created'] }, because: 'there is no such event' },
  ],
});

export const listWebhooks = operation({
  id: 'webhooks.list',
  method: 'GET',
  path: '/v1/webhooks',
  group: 'Webhooks',
  label: 'List webhooks',
  description: 'Lists the subscriptions, without their secrets.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ cursor, limit }),
  output: page(webhook),
  errors: ['forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 0 }, because: 'a page has at least one row' },
    { input: { url: sample.url }, because: 'unknown fields are refused' },
  ],
});

export const removeWebhook = operation({
  id: 'webhooks.remove',
  method: 'DELETE',
  path: '/v1/webhooks/:id',
  group: 'Webhooks',
  label: 'Unsubscribe',
  description: 'Ends a subscription. Events that wait for delivery are dropped. Repeating this is safe.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 204,
  input: z.strictObject({ id }),
  output: nothing,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'wh_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'wh_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});

const delivery = z
  .object({
    id,
    event_id: id.meta({ title: 'Event', description: 'The delivered event.' }),
    event_type: eventType,
    status: z.enum(['pending', 'delivered', 'failed', 'dropped']).meta({
      title: 'Status',
      description:
        'pending: will be tried again. delivered: the receiver accepted it. failed: given up. dropped: the subscription ended.',
    }),
    tries: z
      .array(
        z.object({
          at: isoTime.meta({ title: 'At', description: 'Time of the attempt.' }),
          status: z
            .number()
            .int()
            .nullable()
            .meta({ title: 'Status', description: 'HTTP status; null without an answer.' }),
          ms: z.number().int().meta({ title: 'Duration', description: 'Milliseconds.' }),
          error: z.string().nullable().meta({ title: 'Error', description: 'The reason for a missing answer.' }),
        }),
      )
      .meta({ title: 'Tries', description: 'The attempts so far.' }),
    next_try_at: isoTime
      .nullable()
      .meta({ title: 'Next try', description: 'Time of the next attempt; null when there is none.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of the event.' }),
  })
  .meta({ title: 'Delivery', description: 'One event for one subscription.' });

const sampleDelivery = {
  id: 'del_01k2',
  event_id: 'evt_01k2',
  event_type: 'budget.exceeded' as const,
  status: 'delivered' as const,
  tries: [{ at: '2026-11-01T08:00:00.000Z', status: 200, ms: 84, error: null }],
  next_try_at: null,
  created_at: '2026-11-01T08:00:00.000Z',
};

export const testWebhook = operation({
  id: 'webhooks.test',
  method: 'POST',
  path: '/v1/webhooks/:id/test',
  group: 'Webhooks',
  label: 'Send a test event',
  description: 'Sends a made-up event now and returns the result.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({ id }),
  output: delivery,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'wh_01k2' }, output: sampleDelivery },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'wh_01k2', type: 'budget.exceeded' }, because: 'unknown fields are refused' },
  ],
});

export const listDeliveries = operation({
  id: 'webhooks.deliveries',
  method: 'GET',
  path: '/v1/webhooks/:id/deliveries',
  group: 'Webhooks',
  label: 'List deliveries',
  description: 'Lists the deliveries of a subscription with their results, newest first.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id, cursor, limit }),
  output: page(delivery),
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'wh_01k2' }, output: { data: [sampleDelivery], next_cursor: null } },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'wh_01k2', limit: 0 }, because: 'a page has at least one row' },
  ],
});

export const resendDelivery = operation({
  id: 'webhooks.resend',
  method: 'POST',
  path: '/v1/webhooks/:id/deliveries/:delivery_id/resend',
  group: 'Webhooks',
  label: 'Send a delivery again',
  description: 'Sends an event again now, with the same id.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({
    id,
    delivery_id: id.meta({ title: 'Delivery', description: 'The delivery to send again.' }),
  }),
  output: delivery,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'wh_01k2', delivery_id: 'del_01k2' }, output: sampleDelivery },
  wrong: [
    { input: { id: 'wh_01k2' }, because: 'it needs to know which delivery' },
    { input: { id: 'wh_01k2', delivery_id: 'del_01k2', at: 'now' }, because: 'unknown fields are refused' },
  ],
});

export const listEvents = operation({
  id: 'events.list',
  method: 'GET',
  path: '/v1/events',
  group: 'Webhooks',
  label: 'List events',
  description: 'Lists events such as budget alerts and paused scenarios, newest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    type: z
      .union([eventType, z.array(eventType).max(20)])
      .optional()
      .meta({ title: 'Type', description: 'Only events of this type.' }),
    after: z
      .union([id, moment])
      .optional()
      .meta({ title: 'After', description: 'Only events after this event (its id) or this time.' }),
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    budget_id: budgetId.optional(),
    percent: numberOrText(z.number().int().min(1).max(100))
      .optional()
      .meta({ title: 'Percent', description: 'For budget alerts: only this threshold.' }),
    cursor,
    limit,
  }),
  output: page(gatewayEvent),
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { type: 'budget.threshold_reached' }, output: { data: [sampleEvent], next_cursor: null } },
  wrong: [
    { input: { percent: 101 }, because: 'thresholds go up to 100' },
    { input: { since: '2026-11-01' }, because: 'unknown fields are refused' },
  ],
});
