import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';

type Code = z.core.$ZodIssue['code'];

const shape = z.union([z.object({ kind: z.literal('a'), n: z.number() }), z.string()]);

/** Every kind of issue that zod has: the type of the table asks for a new one. */
const table: Readonly<Record<Code, readonly [schema: z.ZodType, input: unknown, words: string][]>> = {
  invalid_type: [
    [z.object({ a: z.string() }), {}, 'is missing'],
    [z.string(), 7, 'must be text'],
    [z.number(), Number.NaN, 'must be a number'],
    [z.number().int(), 1.5, 'must be a whole number'],
    [z.boolean(), 'yes', 'must be true or false'],
    [z.array(z.string()), 'x', 'must be a list'],
    [z.object({}), [], 'must be an object'],
    [z.record(z.string(), z.string()), 1, 'must be an object'],
    [z.null(), 1, 'must be null'],
    [z.bigint(), 'x', 'must be a whole number'],
    [z.date(), 'x', 'must be a date'],
    [z.map(z.string(), z.string()), 'x', 'must be an object'],
    [z.set(z.string()), 'x', 'must be a list'],
    [z.never(), 'x', 'is not allowed'],
    [z.undefined(), 'x', 'is not allowed'],
  ],
  too_big: [
    [z.number().max(5), 6, 'must be at most 5'],
    [z.number().lt(5), 5, 'must be less than 5'],
    [z.string().max(2), 'abc', 'must have at most 2 characters'],
    [z.string().max(1), 'abc', 'must have at most 1 character'],
    [z.array(z.number()).max(1), [1, 2], 'must have at most 1 entry'],
    [z.set(z.number()).max(1), new Set([1, 2]), 'must have at most 1 entry'],
    [z.bigint().max(5n), 6n, 'must be at most 5'],
    [z.date().max(new Date('2026-11-01')), new Date('2026-12-01'), 'must be at the latest 2026-11-01T00:00:00.000Z'],
  ],
  too_small: [
    [z.number().min(5), 4, 'must be at least 5'],
    [z.number().positive(), 0, 'must be greater than 0'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(3), 'ab', 'must have at least 3 characters'],
    [z.array(z.number()).min(1), [], 'must not be empty'],
    [z.array(z.number()).min(2), [1], 'must have at least 2 entries'],
    [z.date().min(new Date('2026-11-01')), new Date('2026-10-01'), 'must be at the earliest 2026-11-01T00:00:00.000Z'],
  ],
  invalid_format: [
    [z.url(), 'x', 'must be a URL that begins with https:// or http://'],
    [z.email(), 'x', 'must be an e-mail address'],
    [z.iso.date(), 'x', 'must be a day such as 2026-11-01'],
    [z.iso.datetime(), 'x', 'must be a time such as 2026-11-01T08:00:00Z'],
    [z.string().regex(/^a$/), 'x', 'must be in the format that /docs shows'],
    [z.uuid(), 'x', 'must be in the format that /docs shows'],
  ],
  not_multiple_of: [[z.number().multipleOf(5), 3, 'must be a multiple of 5']],
  unrecognized_keys: [[z.strictObject({}), { colour: 1 }, '']],
  invalid_union: [
    [z.union([z.string(), z.number()]), true, 'must be one of these: text; a number'],
    [shape, { kind: 'a', n: 'x' }, 'must be a number'],
    [z.union([z.object({ a: z.number() }), z.literal('none')]), 'never', 'must be one of these: an object; "none"'],
    [z.union([z.object({ a: z.number() }), z.literal('none')]), { a: 'x' }, 'must be a number'],
    [z.object({ a: z.union([z.string(), z.number()]) }), {}, 'is missing'],
  ],
  invalid_key: [[z.record(z.string().max(1), z.number()), { ab: 1 }, 'has a name that is not allowed']],
  invalid_element: [[z.map(z.object({}), z.string()), new Map([[{}, 1]]), 'has an entry that is not valid']],
  invalid_value: [
    [z.enum(['month', 'week']), 'year', 'must be one of "month", "week"'],
    [z.literal('a'), 'b', 'must be "a"'],
    [z.object({ a: z.enum(['x']) }), {}, 'is missing'],
  ],
  custom: [
    [z.string().refine(() => false), 'x', 'is not valid'],
    [
      z.string().refine(() => false, 'must be a time zone such as Europe/Berlin or UTC'),
      'x',
      'must be a time zone such as Europe/Berlin or UTC',
    ],
  ],
};

const cases = Object.entries(table).flatMap(([code, rows]) => rows.map((row) => [code, ...row] as const));

it.each(cases)('zod’s %s is told in plain words', (code, schema, input, words) => {
  const { error } = schema.safeParse(input, { error: plainWords });
  expect(error?.issues[0]?.code).toBe(code);
  if (error === undefined) throw new Error('it was taken');
  const { message, unknown } = firstFault(error);
  expect(message).toBe(words);
  if (words === '') expect(unknown).toEqual(['colour']);
});

it.each([
  ['PORT', 'many', 'PORT: must be a whole number from 0 to 65535'],
  ['PORT', '70000', 'PORT: must be a whole number from 0 to 65535'],
  ['PORT', '1.5', 'PORT: must be a whole number from 0 to 65535'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL: must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent"'],
  ['PUBLIC_URL', 'example.com', 'PUBLIC_URL: must be an http or https URL'],
  ['CALLS_KEPT_DAYS', '0', 'CALLS_KEPT_DAYS: must be a whole number of days from 1 to 36500'],
])('a start with %s=%s is refused with "%s: …"', (name, value, sentence) => {
  expect(() => readConfig({ [name]: value })).toThrow(`1 problem in the configuration:\n  ${sentence}`);
});
