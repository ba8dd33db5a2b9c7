import { contract } from '@ai-gateway/shared/contract';
import { operation } from '@ai-gateway/shared/operation';
import * as committed from 'n8n-nodes-ai-gateway/nodes/AiGateway/generated-form.ts';
import { operationInput } from 'n8n-nodes-ai-gateway/nodes/AiGateway/operation-input.ts';
import type { FieldPlan } from 'n8n-nodes-ai-gateway/nodes/AiGateway/operation-plan.ts';
import { nodeForm } from 'n8n-nodes-ai-gateway/src/node-form.ts';
import { writeNode } from 'n8n-nodes-ai-gateway/src/write-node.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

test('the committed form is the one made from the contract (if not: npm run generate)', () => {
  // Through JSON, as it was written: what is undefined is not there.
  expect({ ...committed }).toEqual(JSON.parse(JSON.stringify(nodeForm(contract))));
});

test('an operation added to the contract appears in the node with no further hand work', () => {
  const archive = operation({
    id: 'budgets.archive',
    method: 'POST',
    path: '/v1/budgets/:id/archive',
    group: 'Budgets',
    label: 'Archive a budget',
    description: 'Puts a budget away.',
    surfaces: ['n8n'],
    access: 'member',
    input: z.strictObject({
      id: z.string().meta({ title: 'Budget', description: 'Which.', 'x-field': { options: 'budgets.list' } }),
      keep_days: z.number().int().optional().meta({ title: 'Keep for (days)', description: 'Then it is gone.' }),
    }),
    output: z.object({ id: z.string().meta({ title: 'Id' }) }),
    errors: [],
    sample: { input: { id: 'bud_1' }, output: { id: 'bud_1' } },
    wrong: [],
  });
  const { properties, operations } = nodeForm([...contract, archive]);
  const shown = properties.filter(({ displayOptions }) => displayOptions?.show?.operation?.includes('archive'));
  expect(shown.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'resourceLocator'],
    ['additionalFields', 'collection'],
  ]);
  const choice = properties.find(
    ({ name, displayOptions }) => name === 'operation' && displayOptions?.show?.resource?.[0] === 'budget',
  );
  expect(choice?.options).toContainEqual({
    name: 'Archive Budget',
    value: 'archive',
    description: 'Puts a budget away',
    action: 'Archive budget',
  });
  const plan = operations['budget.archive'];
  if (plan === undefined) throw new Error('the node does not know what to do for it');
  const form: Record<string, unknown> = {
    id: { __rl: true, mode: 'id', value: 'bud_1' },
    additionalFields: { keepDays: 7 },
  };
  expect(operationInput(plan, (name, fallback) => form[name] ?? fallback)).toEqual({ id: 'bud_1', keep_days: 7 });
  expect(writeNode([...contract, archive])).toContain('"budget.archive"');
});

describe('a filled-in form arrives as the contract has it', () => {
  const generated = Object.values(committed.operations);

  test('every operation for n8n is offered', () => {
    const offered = contract
      .filter(({ surfaces }) => (surfaces as readonly string[]).includes('n8n'))
      .map(({ id }) => id);
    expect([...generated.map(({ id }) => id), 'chat.complete'].sort()).toEqual(offered.sort());
  });

  test.each(generated.map((plan) => [plan.id, plan] as const))('%s', (id, plan) => {
    const known = contract.find((candidate) => candidate.id === id);
    if (known === undefined) throw new Error(`${id} is not in the contract`);
    const sample = Object.fromEntries(Object.entries(known.sample.input).filter(([key]) => key !== 'limit'));
    const form = formOf(plan.fields, sample);
    const input = operationInput(plan, (name, fallback) => form[name] ?? fallback);
    expect(input).toEqual(sample);
    expect(known.input.safeParse(input).error).toBeUndefined();
  });

  test.each(generated.map((plan) => [plan.id, plan] as const))(
    '%s needs nothing that only “Add Field” brings into the form',
    (id, plan) => {
      const known = contract.find((candidate) => candidate.id === id);
      const inSight = new Set(plan.fields.filter(({ additional }) => !additional).map(({ key }) => key));
      const given = Object.entries(known?.sample.input ?? {}).filter(([key]) => inSight.has(key));
      expect(known?.input.safeParse(Object.fromEntries(given)).error).toBeUndefined();
    },
  );

  test('empty fields are not sent', () => {
    const plan = committed.operations['budget.create'];
    if (plan === undefined) throw new Error('there is no such operation');
    const form: Record<string, unknown> = {
      name: 'Ads',
      limitUsd: 5,
      scope: { clientId: { __rl: true, mode: 'list', value: '' } },
      period: 'month',
      additionalFields: { thresholds: '50, 100', timezone: '' },
    };
    expect(operationInput(plan, (name, fallback) => form[name] ?? fallback)).toEqual({
      name: 'Ads',
      limit_usd: 5,
      period: 'month',
      thresholds: [50, 100],
    });
  });
});

/** The form a person would have filled in for this input: drop-downs as n8n keeps them, optional fields in their box. */
function formOf(fields: readonly FieldPlan[], input: Record<string, unknown>): Record<string, unknown> {
  return {
    ...valuesOf(
      fields.filter(({ additional }) => !additional),
      input,
    ),
    additionalFields: valuesOf(
      fields.filter(({ additional }) => additional),
      input,
    ),
  };
}

function valuesOf(fields: readonly FieldPlan[], input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(({ key }) => input[key] !== undefined)
      .map(({ key, name, kind, fields: inner = [] }) => {
        const value = input[key];
        if (kind === 'mapped') return [name, { mappingMode: 'defineBelow', value, schema: [] }];
        if (kind === 'group') return [name, valuesOf(inner, value as Record<string, unknown>)];
        return [name, typeof value === 'string' ? { __rl: true, mode: 'id', value } : value];
      }),
  );
}
