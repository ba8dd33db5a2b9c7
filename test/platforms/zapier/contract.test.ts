import { contract } from '@ai-gateway/shared/contract';
import { fieldsOf } from '@ai-gateway/shared/fields';
import { type Operation, operation } from '@ai-gateway/shared/operation';
import { getBudget, listBudgets, updateBudget } from '@ai-gateway/shared/operations/budgets';
import { coveredBy, zapierApp } from '@ai-gateway/zapier/app';
import { operationInput } from '@ai-gateway/zapier/operation-input';
import { zapierFields } from '@ai-gateway/zapier/zapier-field';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { serveElsewhere } from '../../support/elsewhere.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { app, type Json, openApp, openZapier, refusalOf } from './zapier-host.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const offered = (contract as readonly Operation[]).filter(({ surfaces }) => surfaces.includes('zapier'));
const keyOf = (id: string): string => id.replaceAll('.', '_');

describe('everything the contract offers on Zapier is there', () => {
  test.each(offered.map(({ id }) => id))('%s', (id) => {
    const step = app.searches[keyOf(id)] ?? app.creates[keyOf(id)];
    expect(step !== undefined).toBe(coveredBy[id] === undefined);
  });

  test('an operation that only reads is a search, one that changes something a create', () => {
    expect(Object.keys(app.searches)).toEqual(expect.arrayContaining(['budgets_check', 'usage_clients']));
    expect(Object.keys(app.creates)).toEqual(
      expect.arrayContaining([
        'chat_complete',
        'budgets_create',
        'budgets_raise',
        'scenarios_pause',
        'invoices_create',
      ]),
    );
  });
});

describe('an operation that is added to the contract', () => {
  const surfaces = ['zapier'] as const;

  test('appears with its form, its help, its drop-down and its sample, and works', async () => {
    const added: Operation = { ...updateBudget, surfaces };
    const grown = zapierApp([...contract.filter(({ id }) => id !== added.id), added]);
    expect(grown.creates.budgets_update).toMatchObject({
      key: 'budgets_update',
      noun: 'Budget',
      display: { label: 'Change Budget', description: updateBudget.description },
      operation: { sample: { id: 'bud_01k2' } },
    });
    expect(grown.creates.budgets_update?.operation.inputFields).toContainEqual({
      key: 'id',
      label: 'Budget',
      type: 'string',
      required: true,
      dynamic: 'budgets_list.id.name',
      helpText: 'Pick a budget.',
    });
    const zap = openApp({ url: gateway.url, key: liveKey, app: grown });
    expect(await zap.command('validate')).toMatchObject({ results: [] });
    const door = openZapier(gateway.url, liveKey, { app: grown });
    const { id } = await door.create('budgets_create', { name: 'Old', limit_usd: 1 });
    expect(await door.create('budgets_update', { id, name: 'New' })).toMatchObject({ id, name: 'New', limit_usd: 1 });
  });

  test('brings its own drop-down, even of a list no step had', () => {
    const moods = operation({ ...listBudgets, id: 'moods.list', surfaces: [] });
    const sing = operation({
      ...updateBudget,
      id: 'songs.sing',
      label: 'Sing a song',
      surfaces,
      input: z.strictObject({
        mood: z.string().meta({ title: 'Mood', 'x-field': { options: 'moods.list' } }),
      }),
      sample: { input: { mood: 'blue' }, output: updateBudget.sample.output },
      wrong: [],
    });
    const grown = zapierApp([...contract, moods, sing]);
    expect(grown.creates.songs_sing?.display.label).toBe('Sing Song');
    expect(grown.creates.songs_sing?.operation.inputFields).toMatchObject([{ dynamic: 'moods_list.id.name' }]);
    expect(grown.triggers.moods_list?.display.hidden).toBe(true);
  });

  test('is a search where it only reads, and finds nothing where there is nothing', async () => {
    const grown = zapierApp([...contract.filter(({ id }) => id !== getBudget.id), { ...getBudget, surfaces }]);
    expect(grown.searches.budgets_get?.display.label).toBe('Find Budget');
    const door = openZapier(gateway.url, liveKey, { app: grown });
    const { id } = await door.create('budgets_create', { name: 'Here', limit_usd: 1 });
    expect(await door.find('budgets_get', { id })).toMatchObject({ name: 'Here' });
    expect(await door.find('budgets_get', { id: 'bud_none' })).toBeUndefined();
    // A 404 that is not the gateway's is no empty result.
    const elsewhere = await serveElsewhere({ status: 404, body: 'Not Found' });
    const lost = openZapier(elsewhere.url, liveKey, { app: grown }).find('budgets_get', { id });
    expect((await refusalOf(lost)).name).toBe('AppError');
    elsewhere.stop();
  });

  test('gives its input back, with `done`, where the operation has no answer', () => {
    const removed = (contract as readonly Operation[]).find(({ id }) => id === 'budgets.remove') as Operation;
    const grown = zapierApp([...contract.filter(({ id }) => id !== removed.id), { ...removed, surfaces }]);
    expect(grown.creates.budgets_remove?.operation.sample).toEqual({ id: 'bud_01k2', done: true });
  });
});

describe('a field of the contract is a field of Zapier’s form', () => {
  const shape = z.object({
    name: z.string().meta({ title: 'Full name', description: 'Full name.' }),
    note: z
      .string()
      .optional()
      .meta({ title: 'Note', description: 'For you.', 'x-field': { multiline: true } }),
    amount: z.number().default(5).meta({ title: 'Amount' }),
    loud: z.boolean().optional().meta({ title: 'Loud' }),
    until: z.enum(['period_end', 'forever']).default('forever').meta({ title: 'Until' }),
    marks: z.array(z.number().int()).default([80]).meta({ title: 'Marks' }),
    scope: z
      .object({ client_id: z.string().meta({ title: 'Client', 'x-field': { options: 'clients.list' } }) })
      .optional()
      .meta({ title: 'Scope' }),
    lines: z
      .array(z.object({ text: z.string().meta({ title: 'Text' }) }))
      .optional()
      .meta({ title: 'Lines' }),
    due: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })])
      .optional()
      .meta({ title: 'Due' }),
    extra: z.record(z.string(), z.unknown()).optional().meta({ title: 'Extra' }),
  });
  const fields = fieldsOf({ input: shape });

  test('has its type, its choices, its default; groups lie flat', () => {
    expect(zapierFields(fields)).toEqual([
      { key: 'name', label: 'Full Name', type: 'string', required: true },
      { key: 'note', label: 'Note', type: 'text', required: false, helpText: 'For you.' },
      { key: 'amount', label: 'Amount', type: 'number', default: '5', required: false },
      { key: 'loud', label: 'Loud', type: 'boolean', required: false },
      {
        key: 'until',
        label: 'Until',
        type: 'string',
        choices: [
          { value: 'period_end', sample: 'period_end', label: 'Period End' },
          { value: 'forever', sample: 'forever', label: 'Forever' },
        ],
        default: 'forever',
        required: false,
      },
      { key: 'marks', label: 'Marks', list: true, type: 'integer', required: false },
      {
        key: 'scope__client_id',
        label: 'Client',
        type: 'string',
        dynamic: 'clients_list.id.name',
        required: false,
        group: 'scope',
      },
      { key: 'lines', label: 'Lines', children: [{ key: 'text', label: 'Text', type: 'string', required: true }] },
      { key: 'due', label: 'Due', type: 'datetime', required: false },
      { key: 'extra', label: 'Extra', type: 'text', required: false },
    ]);
  });

  test('the filled-in fields are the operation’s input again', () => {
    expect(
      operationInput(fields, {
        name: 42,
        amount: '7.5',
        loud: 'yes',
        marks: '80, 90',
        scope__client_id: 'acme',
        lines: [{ text: 'a' }, { text: '' }],
        extra: '{"a": 1}',
      }),
    ).toEqual({
      name: '42',
      amount: 7.5,
      loud: true,
      marks: [80, 90],
      scope: { client_id: 'acme' },
      lines: [{ text: 'a' }],
      extra: { a: 1 },
    });
  });

  // The editor sends an ISO text with an offset; other steps map a day, a `Date`, or seconds since 1970.
  test.each([
    ['2026-11-01', '2026-11-01'],
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'],
    ['2026-11-01T08:00:00-08:00', '2026-11-01T08:00:00-08:00'],
    ['2026-11-01T08:00:00-0800', '2026-11-01T08:00:00-08:00'],
    ['2026-11-01T08:00+01:00', '2026-11-01T08:00+01:00'],
    ['2026-11-01 08:00:00 +0100', '2026-11-01T08:00:00+01:00'],
    [new Date('2026-11-01T08:00:00Z'), '2026-11-01T08:00:00.000Z'],
    [1793520000, '2026-11-01T08:00:00.000Z'],
    ['1793520000', '2026-11-01T08:00:00.000Z'],
    [1793520000000, '2026-11-01T08:00:00.000Z'],
    ['soon', 'soon'],
  ])('a date field takes what Zapier sends: %j', (given, due) => {
    expect(operationInput(fields, { due: given })).toEqual({ due });
  });

  test('a single line may come beside the other fields', () => {
    expect(operationInput(fields, { text: 'a' })).toEqual({ lines: [{ text: 'a' }] });
  });

  test.each<[string, Json]>([
    ['empty texts', { name: '', amount: '', scope__client_id: '' }],
    ['nulls', { name: null, loud: null, marks: null }],
    ['empty lists', { marks: [], lines: [] }],
    ['lists of nothing', { marks: ['', null], lines: [{ text: '' }] }],
  ])('%s are fields that were not filled in', (_, data) => {
    expect(operationInput(fields, data)).toEqual({});
  });

  test('text that is not JSON is refused by the field’s name', () => {
    expect(() => operationInput(fields, { extra: '{"a":' })).toThrow(/"Extra" is not valid JSON/);
  });
});
