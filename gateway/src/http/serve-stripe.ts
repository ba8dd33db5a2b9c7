import type { Router } from 'express';
import { type StripeEventPorts, takeStripeEvent } from '../billing/take-stripe-event.ts';
import type { BodyShares } from './body-shares.ts';
import { readBody } from './read-body.ts';

/** Stripe's events are a few kilobytes; nobody is known before the signature is checked. */
const bytesMax = 1024 * 1024;

/** Where Stripe delivers its events. The signature is checked over the bytes as they came. */
export function serveStripe(router: Router, services: StripeEventPorts, { bodies }: { bodies: BodyShares }): void {
  router.post('/webhooks/stripe', async (req, res) => {
    const room = bodies.forKey('stripe');
    res.once('close', () => room.end());
    const body = await readBody(req, room, { bytesMax });
    const signature = req.headers['stripe-signature'];
    await takeStripeEvent(services, body, typeof signature === 'string' ? signature : '');
    res.json({ received: true });
  });
}
