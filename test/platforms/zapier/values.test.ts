import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { chatRequest } from '@ai-gateway/zapier/chat-request';
import { operationInput } from '@ai-gateway/zapier/operation-input';
import { shownFields } from '@ai-gateway/zapier/perform';
import { describe, expect, test } from 'vitest';
import { steps } from './definition.ts';

/** A mapped value comes from any app, in any type; none may reach the gateway as JavaScript's word for it. */
const mapped: [name: string, value: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['an object', { b: 1 }],
  ['a list', ['a', { b: 1 }]],
  ['line items', [{ text: 'a', count: 2 }, {}]],
  ['a date', new Date('2026-11-01T08:00:00Z')],
  ['a number', 7.5],
  ['a number as text', ' 7.5 '],
  ['false', false],
  ['not a number', Number.NaN],
];

const offered = (contract as readonly Operation[]).filter(({ surfaces }) => surfaces.includes('zapier'));
const keysOf = (key: string): string[] =>
  steps.find(({ step, hidden }) => step.key === key && !hidden)?.inputs.map((input) => input.key) ?? [];

/** A field may say that it is no JSON; anything else it gives is what was mapped. */
function sent(work: () => unknown): string {
  try {
    return JSON.stringify(work()) ?? '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(mapped)('%s, mapped into any field of any step', (_, value) => {
  test.each(offered.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
    const keys = keysOf(id.replaceAll('.', '_'));
    const data = Object.fromEntries(keys.map((key) => [key, value]));
    const asked =
      id === 'chat.complete' ? () => chatRequest(data, {}) : () => operationInput(shownFields(operation), data);
    expect(sent(asked)).not.toMatch(/undefined|\[object|NaN/);
  });
});
