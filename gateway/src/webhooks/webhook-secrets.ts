import { createHash, randomBytes } from 'node:crypto';
import type { Bound } from '../accounts/own-tags.ts';
import { seal, unseal } from '../accounts/seal.ts';
import type { WebhookFilter, WebhookRow } from './webhook-store.ts';

type WebhookKey = Pick<WebhookRow, 'workspaceId' | 'id'>;

/** Receivers verify deliveries by these: a Standard Webhooks secret, and a token for those that cannot read raw bodies. */
export interface Proofs {
  secret: string;
  token: string;
}

export function newProofs(): Proofs {
  return {
    secret: `whsec_${randomBytes(24).toString('base64')}`,
    token: `whtok_${randomBytes(24).toString('base64url')}`,
  };
}

export function urlContext({ workspaceId, id }: WebhookKey): readonly string[] {
  return ['webhook-url', workspaceId, id];
}

export function proofsContext({ workspaceId, id }: WebhookKey): readonly string[] {
  return ['webhook-secret', workspaceId, id];
}

export function sealUrl(secret: string, place: WebhookKey, url: string): Buffer {
  return seal(secret, url, urlContext(place));
}

export function urlOf(secret: string, row: WebhookRow): string {
  return unseal(secret, row.sealedUrl, urlContext(row)).toString('utf8');
}

export function sealProofs(secret: string, place: WebhookKey, proofs: Proofs): Buffer {
  return seal(secret, JSON.stringify(proofs), proofsContext(place));
}

export function proofsOf(secret: string, row: WebhookRow): Proofs {
  return JSON.parse(unseal(secret, row.sealedSecret, proofsContext(row)).toString('utf8')) as Proofs;
}

/** Tells subscriptions apart: URL, events and filter, in whatever order they were given. */
export function fingerprintOf(url: string, events: readonly string[], filter: WebhookFilter, bound: Bound): Buffer {
  const sorted = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? [...new Set(value)].sort((a, b) => a - b) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([url, [...new Set(events)].sort(), sorted, ...Object.entries(bound)]))
    .digest();
}
