import { isRecord } from '@ai-gateway/shared/json';
import type { Bundle, ZObject } from 'zapier-platform-core';

interface Event {
  id: string;
  type: string;
  created_at: string;
  livemode: boolean;
  data: Readonly<Record<string, unknown>>;
}

/** An event as a Zap sees it, delivered or listed: its `data` lies flat beside the other fields. */
export function shapeOf({ id, type, created_at, livemode, data }: Event): Record<string, unknown> & { id: string } {
  return { ...data, id, type, created_at, livemode };
}

/** Hooks are not deduplicated by Zapier, and a delivery whose answer was lost comes again. */
const rememberedSeconds = 3 * 24 * 3600;

export async function takeDelivery(z: ZObject, bundle: Bundle): Promise<Record<string, unknown>[]> {
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

/** The answer of `performSubscribe`. */
export function subscriptionOf({ subscribeData }: Bundle): { id?: string; token?: string } {
  return (subscribeData ?? {}) as { id?: string; token?: string };
}

function isEvent(value: unknown): value is Event {
  return isRecord(value) && typeof value.id === 'string' && typeof value.type === 'string' && isRecord(value.data);
}
