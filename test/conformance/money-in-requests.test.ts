import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
}

const operations: readonly Operation[] = contract;
const amounts = operations.flatMap((operation) =>
  amountsIn(z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema).map(
    ([field, schema]) => [`${operation.id} ${field}`, schema] as const,
  ),
);

test('amounts of money are found in requests, in nested settings too', () => {
  const names = amounts.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'budgets.create limit_usd',
      'scenarios.limits.set max_usd_per_hour',
      'auto.set learning.max_usd_per_day',
    ]),
  );
});

// The limits of scenarios and the daily cost of learning once took numbers only.
test.each(amounts)('%s takes a number, and a decimal as text', (_name, schema) => {
  expect(typesOf(schema)).toEqual(expect.arrayContaining(['number', 'string']));
});

function amountsIn(schema: Schema, path = ''): [string, Schema][] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  const inner: [string, Schema][] = Object.entries(properties).map(([name, one]) => [`${path}${name}`, one]);
  if (typeof additionalProperties === 'object') inner.push([`${path}*`, additionalProperties]);
  if (items !== undefined) inner.push([`${path}[]`, items]);
  return [
    ...inner.filter(([name]) => /_usd(_[a-z]+)*$/.test(name)),
    ...inner.flatMap(([name, one]) => amountsIn(one, `${name}.`)),
    ...anyOf.flatMap((one) => amountsIn(one, path)),
  ];
}

function typesOf({ type, anyOf = [] }: Schema): string[] {
  return [...(type === undefined ? [] : [type]), ...anyOf.flatMap(typesOf)];
}
