import { alerts } from '@ai-gateway/shared/steps/alerts';
import { expect } from 'vitest';
import type { TestGateway } from './start-gateway.ts';

/** The body of an answer with the expected status; the failure names any other answer. */
export async function json<T>(answer: Response | Promise<Response>, status = 200): Promise<T> {
  const response = await answer;
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `));
  return (text === '' ? null : JSON.parse(text)) as T;
}

export const chat = '/v1/chat/completions';
export const hello = (more: object = {}): object => ({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Hi' }],
  ...more,
});

export interface GatewayEvent {
  id: string;
  type: string;
  created_at: string;
  livemode: boolean;
  data: { percent?: number; budget?: { id: string }; scenario?: { id: string }; [name: string]: unknown };
}

const shapes = new Map(alerts.flatMap(({ events, shape }) => events.map((type) => [type as string, shape] as const)));

/** The newest events; each has just the fields that the triggers of the platforms promise, with their types. */
export async function eventsOf(gateway: TestGateway, query = ''): Promise<GatewayEvent[]> {
  const { data } = await json<{ data: GatewayEvent[] }>(gateway.get(`/v1/events?limit=100${query}`));
  for (const event of data)
    expect([event.type, shapes.get(event.type)?.parse(event.data)]).toEqual([event.type, event.data]);
  return data;
}

/** Tries until it is so; the last failure is thrown. */
export async function eventually<T>(look: () => Promise<T> | T, timeoutMs = 15_000): Promise<T> {
  for (const until = Date.now() + timeoutMs; ; ) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
