import { expect } from 'vitest';
import { eventually, hello, json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

/** The fields of a call's row that say what the cache did. */
export interface CachedRow {
  cache: string | null;
  cost_usd: number;
  saved_usd: number | null;
  [field: string]: unknown;
}

export const hour = { 'x-gateway-cache': 'ttl=3600' };

let questions = 0;

/** A question that no other test of the file asks. */
export function ask(more: object = {}): object {
  return hello({ messages: [{ role: 'user', content: `Question ${++questions}` }], ...more });
}

export function cacheOf(answer: Response): string | null {
  return answer.headers.get('x-gateway-cache');
}

export async function rowOf(gateway: TestGateway, answer: Response): Promise<CachedRow> {
  const id = answer.headers.get('x-request-id');
  return eventually(async () => {
    const { data } = await json<{ data: CachedRow[] }>(gateway.get(`/v1/usage/requests?id=${id}`));
    expect(data).toHaveLength(1);
    return data[0] as CachedRow;
  });
}

/** Writes what waits, and forgets what is in memory, so that the next answer comes from the database. */
export async function forgetMemory({ gateway }: TestGateway): Promise<void> {
  await gateway.services.responseCache.flush();
  gateway.services.responseCache.forget();
}
