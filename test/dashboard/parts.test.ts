import { globSync, readFileSync } from 'node:fs';
import { diffLines } from '@ai-gateway/shared/diff-lines';
import { eventPlace } from '@ai-gateway/shared/event-place';
import { fieldsOf } from '@ai-gateway/shared/fields';
import { sampleEvent } from '@ai-gateway/shared/operations/events';
import { type Condition, conditionFault, kindOfField } from '@ai-gateway/shared/rules';
import { alerts } from '@ai-gateway/shared/steps/alerts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { batched, batchesOf } from '../../gateway/dashboard/src/api/batched.ts';
import { isSameKind } from '../../gateway/dashboard/src/api/kept-answers.ts';
import { isTouched } from '../../gateway/dashboard/src/api/touched-answers.ts';
import { conditionOf, groupDraftOf, pathOfItem } from '../../gateway/dashboard/src/components/condition-draft.ts';
import { fieldChoices } from '../../gateway/dashboard/src/components/condition-fields.ts';
import { sayCondition } from '../../gateway/dashboard/src/components/condition-words.ts';
import {
  axisTicks,
  groupName,
  groupsIn,
  largestOf,
  stacksOf,
} from '../../gateway/dashboard/src/components/day-series.ts';
import { inputWithCleared, type TypedGroup, typedOf } from '../../gateway/dashboard/src/components/form-values.ts';
import { type HeldOrder, holdOrder } from '../../gateway/dashboard/src/components/held-order.ts';
import { holdRows } from '../../gateway/dashboard/src/components/held-rows.ts';
import { isScreen } from '../../gateway/dashboard/src/components/is-screen.ts';
import { aroundChanges } from '../../gateway/dashboard/src/components/shown-diff.ts';
import { type SortableColumn, sortingBy, sortRows } from '../../gateway/dashboard/src/components/sorted-rows.ts';
import { withTimeZonesLeftOut } from '../../gateway/dashboard/src/components/time-zones.ts';
import {
  callsForPeople,
  decimalsForPeople,
  durationForPeople,
  percentUsedForPeople,
  uptimeForPeople,
} from '../../gateway/dashboard/src/format/money.ts';
import { addDays, clockAt, daysBetween, daysForPeople, momentWhen } from '../../gateway/dashboard/src/format/when.ts';
import { tightestFirst } from '../../gateway/dashboard/src/screens/budgets/tightest-first.ts';
import { dailyCap, forecastMonth } from '../../gateway/dashboard/src/screens/home/forecast.ts';
import { autoDraftOf, autoOf, entryFault } from '../../gateway/dashboard/src/screens/routing/auto-draft.ts';

describe('a list under the eyes of a reader', () => {
  const row = (id: string, status = 'open') => ({ id, status });

  it('keeps its order and counts the newer rows, also where they push others off the page', () => {
    const held = holdRows([row('b'), row('a')], [row('d'), row('c'), row('b', 'succeeded')]);
    expect(held).toEqual({ rows: [row('b', 'succeeded'), row('a')], newer: 2 });
  });

  it('counts nothing while nothing is new', () => {
    expect(holdRows([row('b'), row('a')], [row('b'), row('a')]).newer).toBe(0);
  });
});

describe('the link of an alert', () => {
  const routes = globSync('gateway/dashboard/src/screens/*/*-route*.ts', { cwd: `${import.meta.dirname}/../..` })
    .map((file) => readFileSync(`${import.meta.dirname}/../../${file}`, 'utf8'))
    .flatMap((text) => [...text.matchAll(/path: '([^']+)'/g)].map(([, path = '']) => path));
  const isRoute = (href: string): boolean => {
    const steps = new URL(href, 'http://localhost').pathname.split('/');
    return routes.some((route) => {
      const parts = route.split('/');
      return parts.length === steps.length && parts.every((part, n) => part.startsWith('$') || part === steps[n]);
    });
  };

  it.each(alerts.flatMap(({ events, sample }) => events.map((type) => [type, sample] as const)))(
    'of %s opens a screen that exists, or leaves the dashboard',
    (type, data) => {
      const place = eventPlace({ ...sampleEvent, type, data });
      if (place !== undefined) expect(isScreen(place.path)).toBe(isRoute(place.path));
    },
  );

  it('leaves the page of the status to the browser, and a screen by its search too to the dashboard', () => {
    expect(['/status', '/application', 'https://example.com/app'].filter(isScreen)).toEqual([]);
    expect(['/app', '/app?range=week', '/app/budgets?budget=bud_1'].filter((href) => !isScreen(href))).toEqual([]);
  });
});

describe('questions of one moment', () => {
  it('are asked together, a hundred in a request, each once', async () => {
    const asked: (readonly string[])[] = [];
    const read = batched(async (ids) => {
      asked.push(ids);
      return ids.filter((id) => id !== 'n7').map((id) => [id, id.toUpperCase()] as const);
    });
    const ids = Array.from({ length: 250 }, (_, n) => `n${n}`);
    const answers = await Promise.all([...ids, 'n1'].map(read));
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect([answers[0], answers[7], answers[249], answers[250]]).toEqual(['N0', null, 'N249', 'N1']);
    expect(await read('later')).toBe('LATER');
    expect(asked.at(-1)).toEqual(['later']);
  });

  it('fit into the URL that a proxy takes, however long their ids are, and keep their order', () => {
    const bytesOf = (ids: readonly string[]): number =>
      new URLSearchParams(ids.map((id): [string, string] => ['client_id', id])).toString().length;
    const letters = fc.constantFrom('a', 'é', 'ش', '漢', '&', ' ');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: letters, minLength: 1, maxLength: 128 }), { maxLength: 300 }),
        (ids) => {
          const batches = batchesOf(ids);
          expect(batches.flat()).toEqual(ids);
          for (const batch of batches) {
            expect(batch.length).toBeLessThanOrEqual(100);
            expect(bytesOf(batch)).toBeLessThanOrEqual(4_096);
          }
        },
      ),
    );
    expect(batchesOf(Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(128, '漢')))).toHaveLength(34);
  });

  it('fail together, and are asked again', async () => {
    let isAway = true;
    const read = batched(async (ids) => {
      if (isAway) throw new Error('away');
      return ids.map((id) => [id, id] as const);
    });
    expect(await Promise.allSettled([read('a'), read('b')])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    isAway = false;
    expect(await read('a')).toBe('a');
  });
});

describe('names of clients on screen', () => {
  it('are read again after a change of clients, and after no call', () => {
    const names = ['client name', 'live'];
    expect(
      [['calls', 'refusals', 'budgets', 'events'], ['clients']].map((changed) => isTouched(names, changed)),
    ).toEqual([false, true]);
  });
});

describe('an answer that is shown while the next one comes', () => {
  const key = (input: object, mode = 'live') => ['operation', 'usage.movers', mode, input];

  it('is kept for another range, and for no other group or mode', () => {
    const before = key({ group_by: 'scenario', from: '2026-11-01' });
    expect(isSameKind(before, key({ group_by: 'scenario', from: '2026-11-02' }))).toBe(true);
    expect(isSameKind(before, key({ group_by: 'client', from: '2026-11-01' }))).toBe(false);
    expect(isSameKind(before, key({ group_by: 'scenario', from: '2026-11-01' }, 'test'))).toBe(false);
  });
});

describe('a sorted table whose figures change', () => {
  const byCost = (rows: readonly { id: string; cost: number }[], by = '-cost') => ({
    ...{ rows, by, idOf: ({ id }: { id: string }) => id },
    sort: (all: typeof rows) => [...all].sort((a, b) => b.cost - a.cost),
  });
  const idsIn = ({ places }: HeldOrder): string[] => [...places.keys()];
  const first = holdOrder(
    undefined,
    byCost([
      { id: 'a', cost: 1 },
      { id: 'b', cost: 2 },
    ]),
  );
  const later = [
    { id: 'a', cost: 3 },
    { id: 'b', cost: 2 },
  ];

  it('leaves its rows where they are', () => {
    expect(idsIn(first)).toEqual(['b', 'a']);
    expect(idsIn(holdOrder(first, byCost(later)))).toEqual(['b', 'a']);
  });

  it('sorts them by a click on a heading, and with a row that is new', () => {
    expect(idsIn(holdOrder(first, byCost(later, 'cost')))).toEqual(['a', 'b']);
    expect(idsIn(holdOrder(first, byCost([...later, { id: 'c', cost: 9 }])))).toEqual(['c', 'a', 'b']);
  });
});

describe('a table that can be sorted', () => {
  interface Row {
    name: string;
    cost: number;
  }
  const rows: Row[] = [
    { name: 'Globex', cost: 2 },
    { name: 'Acme', cost: 10 },
  ];
  const columns: readonly SortableColumn<Row>[] = [
    { key: 'name', order: ({ name }) => name },
    { key: 'cost', end: true, order: ({ cost }) => cost },
    { key: 'do' },
  ];
  const namesBy = (sort: string | undefined): string[] => sortRows(rows, columns, sort).map(({ name }) => name);

  it('puts numbers and names in the order of the URL, and leaves rows alone where the URL names no column', () => {
    expect([namesBy('-cost'), namesBy('cost'), namesBy('name')]).toEqual([
      ['Acme', 'Globex'],
      ['Globex', 'Acme'],
      ['Acme', 'Globex'],
    ]);
    expect([namesBy(undefined), namesBy('do'), namesBy('-weather')]).toEqual(Array(3).fill(['Globex', 'Acme']));
  });

  it('begins with the largest number and the first name, and turns round at the second click', () => {
    const asked: string[] = [];
    for (const sort of [undefined, '-cost', 'cost']) sortingBy(columns, sort, (to) => asked.push(to)).onSort('cost');
    sortingBy(columns, '-cost', (to) => asked.push(to)).onSort('name');
    expect(asked).toEqual(['-cost', 'cost', '-cost', 'name']);
  });
});

describe('the axis of a chart', () => {
  it('ends just above the largest amount, in round steps from 0', () => {
    expect(axisTicks(2.92)).toEqual([0, 1, 2, 3]);
    expect(axisTicks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(axisTicks(0)).toEqual([0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (largest) => {
        const ticks = axisTicks(largest);
        const [, step = 0] = ticks;
        const end = ticks.at(-1) ?? 0;
        expect(ticks.length).toBeGreaterThanOrEqual(3);
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect(end).toBeGreaterThanOrEqual(largest * (1 - 1e-6));
        expect(end - step).toBeLessThan(largest);
      }),
    );
  });

  it('names the groups of the rows once, without the sum of the rest', () => {
    const row = (group: string | null) => ({ at: '2026-11-01', group, value: 1 });
    const rest = { ...row('other'), rest: true as const };
    expect(groupsIn([row('acme'), row(null), rest, row('acme'), row('other')])).toEqual(['acme', 'other']);
  });

  it('keeps clients apart from the rest and from calls without a client, whatever they are named', () => {
    const row = (group: string | null, value: number) => ({ at: '2026-11-01', group, value });
    const rest = { ...row('other', 4), rest: true as const };
    const stacks = stacksOf([row('other', 8), rest, row('No client', 3), row('acme', 2), row(null, 1)], 'No client');
    expect(stacks.days[0]?.values).toEqual([8, 3, 2, 1, 4]);
    const nameOf = (id: string): string => (id === 'acme' ? 'All others' : id);
    expect(stacks.groups.map((group) => groupName(group, stacks, nameOf))).toEqual([
      'other',
      'No client (No client)',
      'All others (acme)',
      'No client',
      'All others',
    ]);
  });
});

describe('the amounts of a day', () => {
  it('are the largest groups, and the sum of all that are smaller', () => {
    const day = { at: '2026-11-01', values: [5, 0, 2, 9, 1], total: 17 };
    const { rows, rest } = largestOf(day, ['a', 'b', 'c', 'd', 'e'], 2);
    expect(rows.map(({ group, index }) => [group, index])).toEqual([
      ['d', 3],
      ['a', 0],
    ]);
    expect(rest).toEqual({ count: 2, value: 3 });
    expect(largestOf(day, ['a', 'b', 'c', 'd', 'e'], 8).rest.count).toBe(0);
  });
});

describe('the time zones to choose from', () => {
  it('have UTC and the names of today, each once, and are names that the gateway takes', () => {
    const zones = withTimeZonesLeftOut(['Asia/Calcutta', 'Europe/Kyiv']);
    expect(zones.filter((zone) => zone === 'Europe/Kyiv')).toHaveLength(1);
    expect(zones).toEqual(expect.arrayContaining(['UTC', 'Asia/Kolkata', 'Asia/Calcutta']));
    for (const timeZone of zones) expect(() => new Intl.DateTimeFormat('en', { timeZone })).not.toThrow();
  });
});

describe('times and spans of days', () => {
  it('are short, and name the year once', () => {
    expect(daysForPeople({ from: '2026-11-01', to: '2026-11-30' })).toBe('1 Nov – 30 Nov 2026');
    expect(daysForPeople({ from: '2026-12-30', to: '2027-01-02' })).toBe('30 Dec 2026 – 2 Jan 2027');
    expect(daysForPeople({ from: '2026-11-30', to: '2026-11-30' })).toBe('30 Nov 2026');
    const times = { 24: '24 ms', 999.4: '999 ms', 999.6: '1.00 s', 1049: '1.05 s', 9996: '10.0 s', 99960: '100 s' };
    expect(Object.keys(times).map((ms) => durationForPeople(Number(ms)))).toEqual(Object.values(times));
  });
});

describe('figures in words', () => {
  it('have no more digits than they need, and a single call is one call', () => {
    expect([100, 99.987, 75].map(uptimeForPeople)).toEqual(['100 %', '99.987 %', '75 %']);
    expect([0, 1, 41_203].map(callsForPeople)).toEqual(['0 calls', '1 call', '41,203 calls']);
    expect([0, 68.67, 99.6, 100, 120.4].map(percentUsedForPeople)).toEqual(['0 %', '69 %', '99 %', '100 %', '120 %']);
    expect([0.051, 0.0731, 12, 0].map(decimalsForPeople)).toEqual([3, 4, 2, 2]);
  });
});

describe('the budgets of a page', () => {
  it('begin with those that are spent, then with those that are nearly so', () => {
    const budget = (id: string, status: 'ok' | 'warning' | 'exceeded', percent: number) => ({
      id,
      status,
      percent_used: percent,
    });
    const budgets = [
      budget('a', 'ok', 10),
      budget('b', 'warning', 85),
      budget('c', 'ok', 70),
      budget('d', 'exceeded', 100),
    ];
    expect(tightestFirst(budgets).map(({ id }) => id)).toEqual(['d', 'b', 'c', 'a']);
  });
});

describe('the form of auto', () => {
  const auto: Parameters<typeof autoDraftOf>[0] = {
    ...{ pool: [], dial: 'balanced', baseline_model: null, allowed_models: null, version: 3 },
    learning: { enabled: false, sample_percent: 2, max_usd_per_day: 1, judge: 'agreement' },
    per_client: { acme: { dial: 'cost', learning: { sample_percent: 5 } }, globex: { learning: { enabled: false } } },
    per_key: {
      key_1: { learning: { sample_percent: 10 } },
      key_2: { learning: { enabled: false, max_usd_per_day: 2 } },
      key_3: { learning: { enabled: true } },
    },
    classes: { strong: ['gpt-4o'], small: ['gpt-4o-mini'] },
  };

  it('saves clients and keys as they were where nobody changes them: no key is opted in by a save', () => {
    expect(autoOf(autoDraftOf(auto), auto)).toMatchObject({ per_client: auto.per_client, per_key: auto.per_key });
  });

  it('refuses an entry without a name, and one whose name another entry has', () => {
    const { clients, keys } = autoDraftOf(auto);
    const named = (id: string) =>
      ({ ...clients[0], ...keys[0], id }) as (typeof clients)[number] & (typeof keys)[number];
    expect(entryFault({ clients, keys })).toBeUndefined();
    expect(entryFault({ clients: [...clients, named(' ')], keys })).toMatchObject({ path: 'clients.2' });
    expect(entryFault({ clients: [...clients, named('acme ')], keys })).toMatchObject({ path: 'clients.2' });
    expect(entryFault({ clients, keys: [named(''), ...keys] })).toMatchObject({ path: 'keys.0' });
    expect(entryFault({ clients, keys: [...keys, named('key_1')] })).toMatchObject({ path: 'keys.3' });
  });
});

describe('the forecast of a month', () => {
  const today = '2026-11-20';
  // A Friday; weekdays cost $2, and weekends nothing.
  const costs = (from: string): Map<string, number> =>
    new Map(
      daysBetween(from, addDays(today, -1))
        .filter((day) => ![0, 6].includes(new Date(day).getUTCDay()))
        .map((day) => [day, 2]),
    );

  it('adds the usual amount of each weekday left to the amount spent', () => {
    const forecast = forecastMonth(costs('2026-09-25'), today);
    expect(forecast?.days.map(({ middle }) => middle)).toEqual([0, 0, 2, 2, 2, 2, 2, 0, 0, 2]);
    expect(forecast?.middle).toBe(14 * 2 + 2 + 6 * 2);
    expect([forecast?.low, forecast?.high]).toEqual([forecast?.middle, forecast?.middle]);
  });

  it('counts what today has cost already once', () => {
    const spent = costs('2026-09-25').set(today, 5);
    expect(forecastMonth(spent, today)?.middle).toBe(14 * 2 + 5 + 6 * 2);
  });

  it('is not made of less than two weeks', () => {
    expect(forecastMonth(costs('2026-11-10'), today)).toBeUndefined();
    expect(forecastMonth(new Map(), today)).toBeUndefined();
  });
});

describe('the limit of the chart on Home', () => {
  const budget = { name: 'Everything', limit_usd: 60, period: 'month', scope: {}, on_limit: 'block' };

  it('is the tightest budget of the whole workspace, as an amount a day', () => {
    const budgets = [budget, { ...budget, name: 'Daily', limit_usd: 1, period: 'day' }];
    expect(dailyCap(budgets.slice(0, 1), '2026-11-20', String)).toEqual({
      value: 2,
      name: 'Limit Everything: 60 a month, 2 a day',
    });
    expect(dailyCap(budgets, '2026-11-20', String)).toEqual({ value: 1, name: 'Limit Daily: 1 a day' });
  });

  it('is no budget of one client, and none that refuses nothing', () => {
    const others = [
      { ...budget, scope: { client_id: 'acme' } },
      { ...budget, on_limit: 'notify' },
    ];
    expect(dailyCap(others, '2026-11-20', String)).toBeUndefined();
  });
});

describe('the form of a condition', () => {
  const word = fc.constantFrom('acme', 'globex', 'invoice', 'Rechnung', 'a b');
  const leaf = fc.oneof(
    fc.record({ field: fc.constantFrom('client_id', 'metadata.tier'), in: fc.uniqueArray(word, { minLength: 1 }) }),
    fc.record({
      field: fc.constant('text'),
      contains_any: fc.uniqueArray(word, { minLength: 1 }),
      case: fc.constant(true),
    }),
    fc.record({ field: fc.constant('model'), starts_with: word }),
    fc.record({
      field: fc.constant('hour'),
      gte: fc.nat(11),
      lte: fc.integer({ min: 12, max: 23 }),
      timezone: fc.constant('Europe/Berlin'),
    }),
    fc.record({ field: fc.constant('input_tokens'), lte: fc.nat(9_000) }),
    fc.record({ field: fc.constantFrom('stream', 'has_images'), eq: fc.boolean() }),
    fc.record({ field: fc.constant('weekday'), in: fc.constant(['saturday', 'sunday']) }),
  );
  const group = (inner: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> => {
    const some = fc.array(inner, { minLength: 1, maxLength: 3 });
    return fc.oneof(
      some.map((all) => ({ all })),
      some.map((any) => ({ any })),
      inner.map((not) => ({ not })),
    );
  };
  const condition = group(fc.oneof(leaf as fc.Arbitrary<Condition>, group(leaf as fc.Arbitrary<Condition>)));

  it('gives back every condition that it was opened with, and says it in words', () => {
    fc.assert(
      fc.property(condition, (given) => {
        const draft = groupDraftOf(given);
        if (draft === undefined) throw new Error('a condition has a draft');
        expect(groupDraftOf(conditionOf(draft))).toEqual(draft);
        expect(conditionFault(conditionOf(draft))).toEqual(conditionFault(given));
        expect(sayCondition(given)).not.toMatch(/undefined|\[object/);
      }),
      { seed: 18, numRuns: 300 },
    );
  });

  it('makes the same JSON of the rule of the handbook', () => {
    const when: Condition = {
      all: [
        { field: 'client_id', in: ['acme'] },
        { field: 'text', contains_any: ['invoice', 'Rechnung'] },
        { not: { field: 'has_images', eq: true } },
      ],
    };
    const draft = groupDraftOf(when);
    expect(draft && conditionOf(draft)).toEqual(when);
  });

  it('names the place of each part as the API does', () => {
    const draft = groupDraftOf({
      not: {
        any: [
          { field: 'stream', eq: true },
          { field: 'tools', gte: Number.NaN },
        ],
      },
    });
    if (draft === undefined) throw new Error('a condition has a draft');
    expect(conditionFault(conditionOf(draft))?.path.slice(0, 3)).toEqual(pathOfItem(draft, [], 1));
  });

  it('offers every field that rules know', () => {
    for (const { name } of fieldChoices)
      expect([name, kindOfField(name === 'metadata' ? 'metadata.tier' : name)]).not.toEqual([name, undefined]);
  });
});

describe('the difference of two texts', () => {
  it('keeps the lines that both have, and leaves out what is far from a change', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const lines = diffLines(before, ['A', ...before.slice(1)]);
    expect(lines.slice(0, 3).map(({ kind, text }) => `${kind} ${text}`)).toEqual(['removed a', 'added A', 'same b']);
    expect(aroundChanges(lines).at(-1)).toEqual({ kind: 'skipped', count: 4 });
  });
});

describe('a form with values', () => {
  const operation = {
    input: z.strictObject({
      name: z.string().nullable().optional(),
      note: z.string().optional(),
      address: z
        .strictObject({ street: z.string().nullable().optional(), city: z.string().optional() })
        .nullable()
        .optional(),
      scope: z.strictObject({ client_id: z.string().optional() }).optional(),
      tags: z.array(z.string()).optional(),
      limits: z
        .strictObject({ day: z.strictObject({ usd: z.number().nullable().optional(), calls: z.number().optional() }) })
        .optional(),
    }),
  };
  const fields = fieldsOf(operation);
  const initial = {
    name: 'Acme',
    address: { street: 'Main Street', city: 'Berlin' },
    scope: { client_id: 'acme' },
    tags: ['a'],
    limits: { day: { usd: 5, calls: 10 } },
  };
  const saved = (typed: TypedGroup): Record<string, unknown> =>
    inputWithCleared(operation, { fields, initial, typed: { ...typedOf(fields, initial), ...typed } });

  it('sends an emptied field as null, also in a group and in a group of a group', () => {
    expect(saved({ name: '' })).toEqual({ ...initial, name: null });
    expect(saved({ address: { street: '', city: 'Berlin' } }).address).toEqual({ street: null, city: 'Berlin' });
    expect(saved({ limits: { day: { usd: '', calls: '10' } } }).limits).toEqual({ day: { usd: null, calls: 10 } });
  });

  it('leaves an emptied field out of its group where it cannot be null', () => {
    expect(saved({ address: { street: 'Main Street', city: '' } }).address).toEqual({ street: 'Main Street' });
  });

  it('sends an emptied group or list as null, or empty where it cannot be null', () => {
    expect(saved({ address: { street: '', city: '' } }).address).toBeNull();
    expect(saved({ scope: { client_id: '' } }).scope).toEqual({});
    expect(saved({ tags: [] }).tags).toEqual([]);
  });

  it('sends nothing for fields that were empty before', () => {
    expect(saved({})).toEqual(initial);
    expect(inputWithCleared(operation, { fields, initial: {}, typed: { name: '', scope: {}, tags: [] } })).toEqual({});
  });
});

describe('a moment that is typed', () => {
  it('is that of the workspace’s clock, also where summer time begins or ends', () => {
    for (const [clock, zone, at] of [
      ['2027-03-01T00:00', 'Asia/Kathmandu', '2027-02-28T18:15:00.000Z'],
      ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
      ['2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59:00.000Z'],
      ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
      ['2026-11-01T00:30', 'America/St_Johns', '2026-11-01T03:00:00.000Z'],
    ] as const) {
      expect([clock, zone, momentWhen(clock, zone)]).toEqual([clock, zone, at]);
      expect(clockAt(Date.parse(at), zone)).toBe(clock);
    }
  });

  it('is the one an hour later where summer time skips the hour, on both sides of Greenwich', () => {
    for (const [clock, zone, at] of [
      ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
      ['2026-03-08T02:30', 'America/New_York', '2026-03-08T07:30:00.000Z'],
      ['2026-03-08T02:30', 'America/St_Johns', '2026-03-08T06:00:00.000Z'],
    ] as const) {
      expect([clock, zone, momentWhen(clock, zone)]).toEqual([clock, zone, at]);
      expect(clockAt(Date.parse(at), zone)).toBe(clock.replace('T02', 'T03'));
    }
  });

  it('stays as it is typed while its year is not whole', () => {
    for (const clock of ['0002-12-01T00:00', '0202-12-01T00:00', '20260-12-01T00:00', '202600-12-01T00:00', '2026-12'])
      expect(momentWhen(clock, 'Europe/Berlin')).toBe(clock);
    expect(clockAt(Date.parse('0002-12-01T12:00:00Z'), 'UTC')).toBe('0002-12-01T12:00');
  });
});
