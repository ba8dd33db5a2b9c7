import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monthOf } from '../../gateway/src/billing/plan.ts';
import { reportOverage } from '../../gateway/src/billing/report-overage-job.ts';
import { readConfig } from '../../gateway/src/config.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';
import {
  type FakeStripe,
  paidCheckout,
  planPrice,
  startFakeStripe,
  stripeEvent,
  stripeKey,
  subscription,
  webhookSecret,
} from '../support/stripe/fake-stripe.ts';

/** The plan is bought at Stripe: api.md 9. The other end checks every request by Stripe's own schemas. */

const operatorKey = `gw_operator_${'o'.repeat(40)}`;
let stripe: FakeStripe;
let gateway: TestGateway;
let env: Record<string, string>;

beforeAll(async () => {
  stripe = await startFakeStripe();
  env = {
    STRIPE_SECRET_KEY: stripeKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_PRICE_ID: planPrice,
    STRIPE_OVERAGE_PRICE_ID: 'price_overage',
    STRIPE_METER_EVENT_NAME: 'gateway_tokens',
    STRIPE_BASE_URL: stripe.url,
  };
  gateway = await startTestGateway({ ...env, GATEWAY_OPERATOR_KEY: operatorKey });
});
afterAll(async () => {
  await gateway.stop();
  await stripe.stop();
});

interface Plan {
  status: string;
  used_tokens: number;
  overage_tokens: number;
}

/** A workspace of its own, and its owner's key. */
async function workspace(
  name: string,
): Promise<{ id: string; as: { authorization: string }; testing: { authorization: string } }> {
  const made = await json<{ id: string; live_key: string; test_key: string }>(
    gateway.post('/v1/workspaces', { name }, { authorization: `Bearer ${operatorKey}` }),
    201,
  );
  return {
    id: made.id,
    as: { authorization: `Bearer ${made.live_key}` },
    testing: { authorization: `Bearer ${made.test_key}` },
  };
}

const planOf = (as: { authorization: string }): Promise<Plan> => json<Plan>(gateway.get('/v1/plan', as));

async function deliver({ body, signature }: { body: string; signature: string }): Promise<number> {
  const response = await fetch(`${gateway.url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

async function buy(id: string, name: string): Promise<void> {
  const paid = paidCheckout({ client_reference_id: id, customer: `cus_${name}`, subscription: `sub_${name}` });
  expect(await deliver(stripeEvent('checkout.session.completed', paid))).toBe(200);
}

describe('a plan', () => {
  it('is bought on a page of Stripe that names the workspace and both prices', async () => {
    const { id, as } = await workspace('Buyer');
    expect(await planOf(as)).toMatchObject({ status: 'none', for_sale: true });
    expect(await json<{ url: string }>(gateway.post('/v1/plan/checkout', {}, as))).toEqual({
      url: 'https://checkout.stripe.com/c/pay/cs_test_1',
    });
    expect(stripe.requests.at(-1)).toMatchObject({
      path: '/v1/checkout/sessions',
      body: {
        mode: 'subscription',
        client_reference_id: id,
        line_items: [{ price: planPrice, quantity: 1 }, { price: 'price_overage' }],
        subscription_data: { metadata: { workspace_id: id } },
      },
    });
    await buy(id, 'buyer');
    expect(await planOf(as)).toMatchObject({ status: 'active' });
    const again = await json<{ error: { code: string; message: string } }>(
      gateway.post('/v1/plan/checkout', {}, as),
      409,
    );
    expect(again.error.message).toContain('has the plan Pro already');
    expect(await json(gateway.post('/v1/plan/portal', {}, as))).toEqual({
      url: 'https://billing.stripe.com/p/session/test_1',
    });
    expect(stripe.requests.at(-1)).toMatchObject({ body: { customer: 'cus_buyer' } });
  });

  it('is seen by every reader, and bought by owners only', async () => {
    const { as } = await workspace('Roles');
    for (const role of ['member', 'viewer']) {
      const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: role, role }, as), 201);
      const by = { authorization: `Bearer ${key}` };
      expect((await planOf(by)).status).toBe('none');
      expect((await gateway.post('/v1/plan/checkout', {}, by)).status).toBe(403);
      expect((await gateway.post('/v1/plan/portal', {}, by)).status).toBe(403);
    }
  });

  it('is seen with a test key, and neither bought nor changed', async () => {
    const { id, as, testing } = await workspace('Tester');
    expect((await gateway.post('/v1/plan/checkout', {}, testing)).status).toBe(403);
    await buy(id, 'tester');
    expect((await gateway.post('/v1/plan/portal', {}, testing)).status).toBe(403);
    await json(gateway.post('/v1/plan/portal', {}, as));
    expect((await planOf(testing)).status).toBe('active');
  });

  it('has no customer portal before it is bought', async () => {
    const { as } = await workspace('Early');
    const { error } = await json<{ error: { code: string } }>(gateway.post('/v1/plan/portal', {}, as), 409);
    expect(error.code).toBe('conflict');
  });

  it('follows the subscription: past due, active again, canceled, and bought again', async () => {
    const { id, as } = await workspace('Follower');
    await buy(id, 'follower');
    const begin = Date.now();
    const state = async (status: string, second: number, sub = 'sub_follower', type = 'updated'): Promise<string> => {
      const object = subscription({ id: sub, customer: 'cus_follower', status });
      const createdMs = begin + second * 1_000;
      expect(await deliver(stripeEvent(`customer.subscription.${type}`, object, { createdMs }))).toBe(200);
      return (await planOf(as)).status;
    };
    expect(await state('past_due', 1)).toBe('past_due');
    expect(await state('active', 2)).toBe('active');
    expect(await state('canceled', 3, 'sub_follower', 'deleted')).toBe('canceled');
    // Late: it says what was before the end.
    expect(await state('active', 2)).toBe('canceled');
    expect(await state('active', 3)).toBe('canceled');
    expect(await state('active', 4, 'sub_follower_2', 'created')).toBe('active');
    // The end of the first subscription, delivered once more under another id, does not end the second.
    expect(await state('canceled', 5, 'sub_follower', 'deleted')).toBe('active');
  });
});

it('each change of the plan by Stripe is in the audit log, once, with the state before and after', async () => {
  const { id, as } = await workspace('Recorded');
  await buy(id, 'recorded');
  const begin = Date.now();
  const deliverState = async (status: string, second: number, type = 'updated'): Promise<void> => {
    const object = subscription({ id: 'sub_recorded', customer: 'cus_recorded', status });
    const event = stripeEvent(`customer.subscription.${type}`, object, { createdMs: begin + second * 1_000 });
    // Twice: the second delivery changes nothing and is not on record.
    for (let times = 0; times < 2; times++) expect(await deliver(event)).toBe(200);
  };
  await deliverState('active', 1);
  await deliverState('past_due', 2);
  await deliverState('active', 3);
  await deliverState('canceled', 4, 'deleted');
  const { data } = await json<{ data: { operation: string; actor: object; before: object; after: object }[] }>(
    gateway.get(`/v1/audit?target_id=${id}`, as),
  );
  const changes = data.filter(({ operation }) => operation.startsWith('plan.')).reverse();
  expect(changes.map(({ operation, before, after }) => [operation, before, after])).toEqual([
    ['plan.buy', { status: 'none' }, { status: 'active' }],
    ['plan.payment-failed', { status: 'active' }, { status: 'past_due' }],
    ['plan.change', { status: 'past_due' }, { status: 'active' }],
    ['plan.cancel', { status: 'active' }, { status: 'canceled' }],
  ]);
  expect(changes[0]?.actor).toEqual({ type: 'system', id: 'stripe', name: 'Stripe' });
});

describe('an event of Stripe', () => {
  it('is taken once, however often it is delivered', async () => {
    const { id, as } = await workspace('Twice');
    const paid = paidCheckout({ client_reference_id: id, customer: 'cus_twice', subscription: 'sub_twice' });
    const event = stripeEvent('checkout.session.completed', paid);
    expect(await Promise.all([deliver(event), deliver(event)])).toEqual([200, 200]);
    const ended = subscription({ id: 'sub_twice', customer: 'cus_twice', status: 'canceled' });
    await deliver(stripeEvent('customer.subscription.deleted', ended, { createdMs: Date.now() + 2_000 }));
    expect(await deliver(event)).toBe(200);
    expect((await planOf(as)).status).toBe('canceled');
  });

  it('is refused where it is forged, changed, or signed long ago', async () => {
    const { id, as } = await workspace('Forged');
    const paid = paidCheckout({ client_reference_id: id, customer: 'cus_forged', subscription: 'sub_forged' });
    const good = stripeEvent('checkout.session.completed', paid);
    expect(await deliver(stripeEvent('checkout.session.completed', paid, { secret: 'whsec_other' }))).toBe(400);
    expect(await deliver({ ...good, body: good.body.replace('sub_forged', 'sub_stolen') })).toBe(400);
    expect(await deliver({ ...good, signature: '' })).toBe(400);
    const late = stripeEvent('checkout.session.completed', paid, { signedMs: Date.now() - 600_000 });
    expect(await deliver(late)).toBe(400);
    expect((await planOf(as)).status).toBe('none');
  });

  it('about a subscription to something else is not a plan, even if it names a workspace', async () => {
    const { id, as } = await workspace('Neighbour');
    const other = { status: 'active', price: 'price_newsletter' };
    const named = subscription({ ...other, id: 'sub_cheap', customer: 'cus_cheap', metadata: { workspace_id: id } });
    expect(await deliver(stripeEvent('customer.subscription.created', named))).toBe(200);
    const linked = {
      client_reference_id: id,
      customer: 'cus_cheap',
      subscription: 'sub_cheap',
      payment_link: 'plink_1',
    };
    expect(await deliver(stripeEvent('checkout.session.completed', paidCheckout(linked)))).toBe(200);
    expect((await planOf(as)).status).toBe('none');
    await buy(id, 'neighbour');
    const besides = subscription({ ...other, id: 'sub_news', customer: 'cus_neighbour', status: 'past_due' });
    expect(await deliver(stripeEvent('customer.subscription.updated', besides))).toBe(200);
    expect((await planOf(as)).status).toBe('active');
  });

  it('about a subscription at our price sets the plan of the workspace that it names', async () => {
    const { id, as } = await workspace('Early bird');
    const own = { id: 'sub_bird', customer: 'cus_bird', status: 'active', metadata: { workspace_id: id } };
    expect(await deliver(stripeEvent('customer.subscription.created', subscription(own)))).toBe(200);
    expect((await planOf(as)).status).toBe('active');
  });

  it('of another customer does not take over a plan that is paid', async () => {
    const { id, as } = await workspace('Payer');
    await buy(id, 'payer');
    const createdMs = Date.now() + 2_000;
    const taken = paidCheckout({ client_reference_id: id, customer: 'cus_thief', subscription: 'sub_thief' });
    expect(await deliver(stripeEvent('checkout.session.completed', taken, { createdMs }))).toBe(200);
    await json(gateway.post('/v1/plan/portal', {}, as));
    expect(stripe.requests.at(-1)).toMatchObject({ body: { customer: 'cus_payer' } });
  });

  it('that lists no prices is taken for a customer who is known', async () => {
    const { id, as } = await workspace('Bare');
    await buy(id, 'bare');
    const bare = { id: 'sub_bare', object: 'subscription', customer: 'cus_bare', status: 'past_due' };
    const createdMs = Date.now() + 2_000;
    expect(await deliver(stripeEvent('customer.subscription.updated', bare, { createdMs }))).toBe(200);
    expect((await planOf(as)).status).toBe('past_due');
  });

  it('that begins a subscription does not undo one of the same second that makes it active', async () => {
    const { id, as } = await workspace('Hasty');
    const createdMs = Date.now();
    const at = { createdMs };
    const own = { id: 'sub_hasty', customer: 'cus_hasty', metadata: { workspace_id: id } };
    for (const [type, status] of [
      ['updated', 'active'],
      ['created', 'incomplete'],
    ] as const)
      expect(await deliver(stripeEvent(`customer.subscription.${type}`, subscription({ ...own, status }), at))).toBe(
        200,
      );
    expect((await planOf(as)).status).toBe('active');
  });

  it('about an unknown customer, or about something else, is acknowledged and changes nothing', async () => {
    const object = subscription({ id: 'sub_x', customer: 'cus_nobody', status: 'active' });
    expect(await deliver(stripeEvent('customer.subscription.updated', object))).toBe(200);
    expect(await deliver(stripeEvent('invoice.paid', { id: 'in_1', object: 'invoice' }))).toBe(200);
  });
});

async function use(tokens: number, as: { authorization: string }): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: tokens, output: 0 } });
  await json(gateway.post(chat, hello(), as));
}

describe('overage', () => {
  it('is reported to the meter once, and what was used before the plan was bought is not', async () => {
    const { id, as } = await workspace('Heavy');
    await use(3_400_000, as);
    await buy(id, 'heavy');
    const db = createPool({ connectionString: gateway.database.url });
    const log = { warn: () => {} } as unknown as Parameters<typeof reportOverage>[0]['log'];
    const services = { db, log, now: Date.now, stripe: readConfig(env).stripe };
    try {
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(0);
      await use(250_000, as);
      // Two processes at once, then once more: one report.
      await Promise.all([reportOverage(services), reportOverage(services)]);
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(250_000);
      expect(stripe.requests.at(-1)).toMatchObject({
        path: '/v1/billing/meter_events',
        body: {
          event_name: 'gateway_tokens',
          identifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
          payload: { stripe_customer_id: 'cus_heavy', value: '250000' },
        },
      });
      // Stripe takes a report, and its answer is lost: the repetition is the same report.
      await use(1_000, as);
      stripe.failNext({ status: 500, isDone: true });
      await reportOverage(services);
      await use(2_000, as);
      await reportOverage(services);
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(253_000);
      // Stripe is away: nothing is lost.
      await use(4_000, as);
      stripe.failNext({ status: 503, isDone: false });
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(253_000);
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(257_000);
      expect(await planOf(as)).toMatchObject({ overage_tokens: 657_000 });
      // West of Greenwich a month of UTC begins on the last day of the one before.
      const { TZ } = process.env;
      process.env.TZ = 'America/New_York';
      try {
        await reportOverage(services);
        expect(stripe.metered('cus_heavy')).toBe(257_000);
        // As a process there named it in versions before.
        await db.query('update overage_reports set month = month - 1 where workspace_id = $1', [id]);
        await reportOverage(services);
      } finally {
        if (TZ === undefined) delete process.env.TZ;
        else process.env.TZ = TZ;
      }
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(257_000);
      const misname = `update overage_reports set month = month - 1 where workspace_id = $1 and extract(day from month) = 1`;
      const forget = `delete from overage_reports where workspace_id = $1 and extract(day from month) <> 1`;
      // Set apart by such a process, and never sent.
      await db.query(forget, [id]);
      await use(5_000, as);
      stripe.failNext({ status: 503, isDone: false });
      await reportOverage(services);
      const { rows: apart } = await db.query(
        `select pending_identifier as identifier from overage_reports where workspace_id = $1`,
        [id],
      );
      await db.query(misname, [id]);
      await reportOverage(services);
      expect(stripe.requests.at(-1)?.body).toMatchObject(apart[0] as object);
      expect(stripe.metered('cus_heavy')).toBe(262_000);
      // It goes on beside this one.
      await use(1_000, as);
      await db.query(
        `update overage_reports set reported_tokens = reported_tokens + pending_tokens + 1000, pending_tokens = null, pending_identifier = null, pending_at = null
         where workspace_id = $1 and extract(day from month) <> 1`,
        [id],
      );
      await reportOverage(services);
      expect(stripe.metered('cus_heavy')).toBe(262_000);
      // The month is over when the versions change.
      await db.query('delete from overage_reports where workspace_id = $1 and extract(day from month) = 1', [id]);
      await use(3_000, as);
      const { end } = monthOf(new Date());
      await reportOverage({ ...services, now: () => end.getTime() + 86_400_000 });
      expect(stripe.metered('cus_heavy')).toBe(265_000);
    } finally {
      await db.end();
    }
  });
});

describe('overage at the turn of a month', () => {
  it('that was used after a plan had ended is not charged when the plan is bought again on the first', async () => {
    const { id, as } = await workspace('Returning');
    await buy(id, 'returning');
    const db = createPool({ connectionString: gateway.database.url });
    const log = { warn: () => {} } as unknown as Parameters<typeof reportOverage>[0]['log'];
    const services = { db, log, now: Date.now, stripe: readConfig(env).stripe };
    const own = gateway.gateway.services;
    const { now } = own;
    try {
      await use(3_100_000, as);
      await reportOverage(services);
      expect(stripe.metered('cus_returning')).toBe(100_000);
      const ended = subscription({ id: 'sub_returning', customer: 'cus_returning', status: 'canceled' });
      expect(await deliver(stripeEvent('customer.subscription.deleted', ended))).toBe(200);
      await use(700_000, as);
      const first = monthOf(new Date()).end.getTime() + 3_600_000;
      own.now = () => first;
      const again = paidCheckout({ client_reference_id: id, customer: 'cus_returning', subscription: 'sub_again' });
      expect(await deliver(stripeEvent('checkout.session.completed', again))).toBe(200);
      await reportOverage({ ...services, now: () => first });
      expect(stripe.metered('cus_returning')).toBe(100_000);
    } finally {
      own.now = now;
      await db.end();
    }
  });
});

describe('a gateway without all of Stripe’s settings', () => {
  it('counts, and names what is missing where the plan would be bought', async () => {
    const { STRIPE_PRICE_ID: _price, STRIPE_METER_EVENT_NAME: _meter, ...rest } = env;
    const partly = await startTestGateway(rest);
    try {
      expect(await json(partly.get('/v1/plan'))).toMatchObject({
        status: 'none',
        for_sale: false,
        included_tokens: 3_000_000,
      });
      const { error } = await json<{ error: { message: string } }>(partly.post('/v1/plan/checkout', {}), 409);
      expect(error.message).toContain('STRIPE_PRICE_ID, STRIPE_METER_EVENT_NAME are not set');
      const { signature, body } = stripeEvent('invoice.paid', { id: 'in_1' });
      const response = await fetch(`${partly.url}/webhooks/stripe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': signature },
        body,
      });
      expect(response.status).toBe(409);
    } finally {
      await partly.stop();
    }
  });
});
