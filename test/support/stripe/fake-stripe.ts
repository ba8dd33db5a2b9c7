import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv, type ValidateFunction } from 'ajv';
import api from './stripe-api.json' with { type: 'json' };

/** A request as Stripe reads it. */
interface StripeRequest {
  path: string;
  body: Record<string, unknown>;
}

export interface FakeStripe {
  url: string;
  requests: StripeRequest[];
  /** Tokens on the meter, by customer. */
  metered(customer: string): number;
  /** The next request is answered with this status, after its work is done where `isDone`. */
  failNext(failure: { status: number; isDone: boolean }): void;
  stop(): Promise<void>;
}

export const stripeKey = 'sk_test_canary4711';
export const planPrice = 'price_pro';
export const webhookSecret = 'whsec_canary4712';

/** Strings of a form become what the schema says, as Stripe reads them. */
const ajv = new Ajv({ strict: false, coerceTypes: true, formats: { 'unix-time': true } });
const requestSchemas = new Map<string, ValidateFunction>(
  Object.entries(api.requests).map(([path, schema]) => [path, ajv.compile(schema)]),
);

/**
 * Stripe, as far as the gateway knows it: each request is checked by Stripe's own schema (stripe-api.json), so a parameter that Stripe does not
 * know is refused, and answers are made from Stripe's own samples.
 */
export async function startFakeStripe(): Promise<FakeStripe> {
  const requests: StripeRequest[] = [];
  const reported = new Map<string, { customer: string; value: number }>();
  let failure: { status: number; isDone: boolean } | undefined;

  const answer = (path: string, authorization: string | undefined, body: Record<string, unknown>): [number, object] => {
    if (authorization !== `Bearer ${stripeKey}`)
      return [401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided: sk_test_****' } }];
    const isValid = requestSchemas.get(path);
    if (isValid === undefined)
      return [404, { error: { type: 'invalid_request_error', message: `Unrecognized request URL (POST: ${path}).` } }];
    if (!isValid(body))
      return [400, { error: { type: 'invalid_request_error', message: ajv.errorsText(isValid.errors) } }];
    const failing = failure;
    if (failing !== undefined && !failing.isDone) {
      failure = undefined;
      return [failing.status, { error: { type: 'api_error', message: 'Sorry' } }];
    }
    requests.push({ path, body });
    const done = perform(path, body, reported);
    if (failing === undefined) return done;
    failure = undefined;
    return [failing.status, { error: { type: 'api_error', message: 'Sorry' } }];
  };

  const server = createServer(async (req, res) => {
    const [status, body] = answer(req.url ?? '', req.headers.authorization, readForm(await textOf(req)));
    // stripe.com/docs/error-low-level: the SDK repeats a request where this says so, and a 500 by itself.
    res.writeHead(status, { 'content-type': 'application/json', 'stripe-should-retry': 'false' });
    res.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    metered: (customer) =>
      [...reported.values()].reduce((sum, event) => sum + (event.customer === customer ? event.value : 0), 0),
    failNext: (next) => {
      failure = next;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function perform(
  path: string,
  body: Record<string, unknown>,
  reported: Map<string, { customer: string; value: number }>,
): [number, object] {
  switch (path) {
    case '/v1/checkout/sessions':
      return [
        200,
        { ...api.objects['checkout.session'], id: 'cs_test_1', url: 'https://checkout.stripe.com/c/pay/cs_test_1' },
      ];
    case '/v1/billing_portal/sessions':
      return [200, { ...api.objects['billing_portal.session'], url: 'https://billing.stripe.com/p/session/test_1' }];
    default: {
      const { identifier, payload } = body as { identifier: string; payload: Record<string, string> };
      // As observed at Stripe: github.com/langfuse/langfuse/pull/16292. A 400, with `stripe-should-retry: false`.
      if (reported.has(identifier))
        return [
          400,
          {
            error: {
              type: 'invalid_request_error',
              message: `An event already exists with identifier ${identifier}.`,
            },
          },
        ];
      reported.set(identifier, { customer: payload.stripe_customer_id ?? '', value: Number(payload.value) });
      return [200, { ...api.objects['billing.meter_event'], ...body }];
    }
  }
}

/** `line_items[0][price]=p`: Stripe's notation of nested parameters. */
function readForm(text: string): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '');
    const last = path.pop() ?? '';
    let at: Record<string, unknown> = root;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return withLists(root) as Record<string, unknown>;
}

function withLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, withLists(one)] as const);
  const isList = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return isList ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** An event as Stripe delivers it, and its signature: docs.stripe.com/webhooks/signature ("Verify webhook signatures manually"). */
export function stripeEvent(
  type: string,
  object: Record<string, unknown>,
  {
    id = `evt_${randomUUID()}`,
    createdMs = Date.now(),
    signedMs = Date.now(),
    secret = webhookSecret,
  }: { id?: string; createdMs?: number; signedMs?: number; secret?: string } = {},
): { body: string; signature: string } {
  const body = JSON.stringify({
    id,
    object: 'event',
    api_version: api.version,
    created: Math.floor(createdMs / 1_000),
    livemode: false,
    type,
    data: { object },
  });
  const at = Math.floor(signedMs / 1_000);
  const hash = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return { body, signature: `t=${at},v1=${hash}` };
}

/** Stripe's sample of a subscription, in the state given, at a price: that of the plan unless another is given. */
export function subscription({
  price = planPrice,
  ...fields
}: {
  id: string;
  customer: string;
  status: string;
  metadata?: Record<string, string>;
  price?: string;
}): Record<string, unknown> {
  const { items, ...sample } = api.objects.subscription;
  const data = items.data.map((item) => ({ ...item, price: { ...item.price, id: price } }));
  return { ...sample, items: { ...items, data }, ...fields };
}

/** Stripe's sample of a checkout that is paid. */
export function paidCheckout(fields: {
  client_reference_id: string;
  customer: string;
  subscription: string;
  payment_link?: string;
}): Record<string, unknown> {
  return { ...api.objects['checkout.session'], mode: 'subscription', payment_status: 'paid', ...fields };
}
