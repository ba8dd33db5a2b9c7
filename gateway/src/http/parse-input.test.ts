import { contract, type OperationId } from '@ai-gateway/shared/contract';
import type { GatewayError } from '@ai-gateway/shared/errors';
import { inQuery, type Operation } from '@ai-gateway/shared/operation';
import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { parseInput } from './parse-input.ts';

function refusal(id: OperationId, body?: Record<string, unknown>, query = ''): [string, string | undefined] {
  const operation: Operation | undefined = contract.find((one) => one.id === id);
  if (operation === undefined) throw new Error(id);
  const req = { url: `/x${query}`, params: { id: '42' } } as unknown as Request;
  try {
    parseInput(operation, req, body);
  } catch (error) {
    const { message, param, code } = error as GatewayError;
    expect(code).toBe('invalid_request');
    return [message, param];
  }
  throw new Error('it was taken');
}

const budget = { name: 'Ads', limit_usd: 5 };

describe('an unknown field is named, with the one that was meant', () => {
  it.each<[OperationId, Record<string, unknown>, string, string]>([
    ['budgets.create', { ...budget, limt_usd: 5 }, 'limt_usd', 'limit_usd'],
    ['budgets.create', { ...budget, limitUsd: 5 }, 'limitUsd', 'limit_usd'],
    ['budgets.create', { ...budget, limit: 5 }, 'limit', 'limit_usd'],
    ['budgets.create', { ...budget, client_id: 'acme' }, 'client_id', 'scope.client_id'],
    ['budgets.create', { ...budget, scope: { client: 'acme' } }, 'scope.client', 'scope.client_id'],
    ['keys.create', { name: 'x', client_id: 'acme' }, 'client_id', 'tags.client_id'],
    ['clients.set', { markup: 20 }, 'markup', 'markup_percent'],
  ])('%s %j', (id, body, param, meant) => {
    expect(refusal(id, body)).toEqual([`Unknown field \`${param}\`. Did you mean \`${meant}\`?`, param]);
  });

  it('in a list, at its place', () => {
    const models = [{ id: 'm', input_usd_per_mtok: 1, output_usd_per_mtok: 1, contextwindow: 1 }];
    expect(refusal('providers.create', { name: 'x', kind: 'openai', api_key: 'k', models })).toEqual([
      'Unknown field `models[0].contextwindow`. Did you mean `models[0].context_window`?',
      'models[0].contextwindow',
    ]);
  });

  it('in a query', () => {
    expect(refusal('clients.list', undefined, '?serch=acme')[0]).toBe('Unknown field `serch`. Did you mean `search`?');
  });

  it('that is like none: the fields there are', () => {
    expect(refusal('budgets.raise', { colour: 'red', by_usd: 1 })[0]).toBe(
      'Unknown field `colour`. Known fields: `id`, `by_usd`, `until`.',
    );
  });
});

describe('a wrong value is told in a plain sentence', () => {
  it.each<[OperationId, Record<string, unknown>, string]>([
    ['budgets.create', { limit_usd: 5 }, '`name` is missing.'],
    ['budgets.create', { ...budget, name: 7 }, '`name` must be text.'],
    ['budgets.create', { ...budget, name: '' }, '`name` must not be empty.'],
    ['budgets.create', { ...budget, period: 'fortnight' }, '`period` must be one of "day", "week", "month", "total".'],
    ['scenarios.limits.set', { max_repeats: 0 }, '`max_repeats` must be at least 1.'],
    ['scenarios.limits.set', { max_repeats: 1.5 }, '`max_repeats` must be a whole number.'],
    ['clients.set', { locked: 'yes' }, '`locked` must be true or false.'],
    ['clients.set', { name: 'x'.repeat(201) }, '`name` must have at most 200 characters.'],
    ['clients.set', { currency: 'euro' }, '`currency` must be three capital letters such as EUR.'],
    ['clients.set', { billing_email: 'nobody' }, '`billing_email` must be an e-mail address.'],
    ['clients.set', { id: 'acme', name: 'x' }, '`id` is part of the path. Leave it out of the body.'],
    ['webhooks.create', { url: 'https://example.com' }, '`events` is missing.'],
  ])('%s %j', (id, body, message) => {
    expect(refusal(id, body)[0]).toBe(message);
  });

  it('for a query, where every number is text', () => {
    expect(refusal('clients.list', undefined, '?limit=many')[0]).toBe('`limit` must be a number.');
    for (const twice of ['limit=1&limit=2', 'search=a&search=a'])
      expect(refusal('clients.list', undefined, `?${twice}`)[0]).toMatch(/^`(limit|search)` is in the query more than/);
    const types = `?${'type=budget.reset&'.repeat(21)}`;
    expect(refusal('events.list', undefined, types)[0]).toBe('`type` must have at most 20 entries.');
    expect(refusal('clients.list', undefined, '?limit=1000')[0]).toBe('`limit` must be at most 100.');
  });

  it('never in words of the library: each value of a wrong kind, in every field of every operation', () => {
    for (const operation of contract as readonly Operation[]) {
      if (inQuery(operation.method) || operation.kind === 'model') continue;
      for (const name of Object.keys(operation.sample.input as object)) {
        if (name === 'id' || name === 'delivery_id') continue;
        for (const value of [null, true, 'x'.repeat(20_000), -1, [], [{}], {}, Number.NaN]) {
          let message = '';
          try {
            const body = { ...(operation.sample.input as Record<string, unknown>), [name]: value };
            delete body.id;
            parseInput(operation, { url: '/x', params: { id: '42', delivery_id: '1' } } as unknown as Request, body);
          } catch (error) {
            message = (error as Error).message;
          }
          expect(message).not.toMatch(/expected|Invalid|received|Too (big|small)|Unrecognized|NaN/);
          expect(message).toMatch(/^$|\.$|\?$/);
        }
      }
    }
  });
});

it('a change without a body, or with an empty one, says what could be changed', () => {
  const words = 'This call needs a JSON body that says what to change';
  expect(refusal('scenarios.limits.set')[0]).toBe(
    `${words}: \`max_usd_per_hour\`, \`max_calls_per_minute\`, \`max_repeats\`.`,
  );
  for (const id of ['budgets.update', 'clients.set', 'workspace.update', 'providers.update'] as const)
    for (const body of [undefined, {}]) expect(refusal(id, body)[0]).toContain(words);
  expect(refusal('fallbacks.set')[0]).toBe(`${words}.`);
});
