import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
}

const operations: readonly Operation[] = contract;
const numbers = operations.flatMap((operation) => {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as Schema;
  return Object.entries(properties)
    .filter(([, { type }]) => type === 'integer' || type === 'number')
    .map(([field]) => [`${operation.id} ${field}`, operation, field] as const);
});

test('the numbers of requests are found', () => {
  expect(numbers.map(([name]) => name)).toEqual(
    expect.arrayContaining(['prompts.labels.set version', 'usage.requests limit', 'keys.roll old_key_hours']),
  );
});

// `{"version": true}` once moved a label to version 1.
describe.each(numbers)('%s', (_name, operation, field) => {
  test.each([true, false, null, [1], ['1'], {}, 'x', '1e1', ''])('is not %j', (value) => {
    const { success, error } = operation.input.safeParse({ ...(operation.sample.input as object), [field]: value });
    expect(success).toBe(false);
    expect(error?.issues.map(({ path }) => path[0])).toContain(field);
  });
});

test.each([
  ['usage.requests', 'limit'],
  ['prompts.versions.get', 'n'],
])('%s takes the text of a number in its query or path', (id, field) => {
  const parsed = operations
    .filter((operation) => operation.id === id)
    .map(({ input, sample }) => input.parse({ ...(sample.input as object), [field]: ' 7 ' }));
  expect(parsed).toMatchObject([{ [field]: 7 }]);
});
