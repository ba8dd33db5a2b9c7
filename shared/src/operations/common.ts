import { z } from 'zod';
import { normalizeTag } from '../normalize-tag.ts';

/** Shapes that several operations share. */

export const id = z.string().min(1).max(100).meta({ title: 'Id', description: 'An opaque id.' });

export const isoTime = z.iso.datetime().meta({ title: 'Time', description: 'ISO 8601, UTC.' });

export const cursor = z
  .string()
  .max(500)
  .optional()
  .meta({ title: 'Cursor', description: 'The `next_cursor` of the previous page.' });

/** In a query numbers come as text; a program gives a number. */
function textToNumber(given: unknown): unknown {
  return typeof given === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(given) ? Number(given) : given;
}

/** A number, or the text of one: in a query, and from tools that only have text. `z.coerce` would take `true` for 1 and null for 0. */
export const numberOrText = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess<unknown, Schema, z.input<Schema>>(textToNumber, schema);

export const limit = numberOrText(z.number().int().min(1).max(100).default(50)).meta({
  title: 'Limit',
  description: 'Number of rows on a page, at most 100.',
});

/** The person or key behind an act, for people to read. */
export const keyOrPerson = z.object({
  id: z.string().meta({ title: 'Id', description: 'The id of the key or of the person.' }),
  name: z
    .string()
    .nullable()
    .meta({ title: 'Name', description: 'The name. Null once the key or the person is gone.' }),
});

/** A key or a token of another service, which goes there in a header: a header carries nothing else. */
export const credential = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[\x20-\x7e]*$/, 'must be one line of plain ASCII, as the provider shows it');

/** A day (`2026-11-01`) or a moment (`2026-11-01T08:00:00Z`). */
export const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a day (2026-11-01) or a time (2026-11-01T08:00:00Z)',
});

/** A text of several lines, as a letterhead has them; empty counts as none. */
export const lines = (most: number, title: string, description: string) =>
  z
    .string()
    .trim()
    .max(most)
    .transform((text) => (text === '' ? null : text.replaceAll('\r\n', '\n')))
    .nullable()
    // A name and a number are a line; a field of one line would swallow the others of an address.
    .meta({ title, description, ...(most >= 500 && { 'x-field': { multiline: true } }) });

/** A place's clock, by its IANA name. Offsets such as `+01:00`, which `Intl` takes too, know no summer time. */
export const timeZone = (description: string) =>
  z
    .string()
    .max(100)
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
    .meta({ title: 'Time zone', description });

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return /^[A-Za-z]/.test(text);
  } catch {
    return false;
  }
}

/** A language, with a country where that matters: `de`, `pt-BR`. */
export const locale = (description: string) =>
  z
    .string()
    .max(35)
    .refine(isLocale, 'must be a language tag such as en, de or pt-BR')
    .meta({ title: 'Language', description });

function isLocale(text: string): boolean {
  try {
    // Extensions (`-u-nu-thai`) would change the digits of a document without its reader knowing.
    return new Intl.Locale(text).baseName.toLowerCase() === text.toLowerCase();
  } catch {
    return false;
  }
}

/**
 * 1 to 128 printable characters, normalised. The pattern counts them, since an emoji is one character to the person who types it and two
 * to zod's `max`; JSON Schema's own lengths count as the pattern does. By code points: Python's `re`, which validators and
 * pydantic compile it with, knows no `\\p{…}`. Half characters are refused apart: Rust's expressions cannot name them.
 */
export const tag = (title: string, description: string, options?: string) =>
  z
    .string()
    .overwrite(normalizeTag)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,128}$/u, tagWords)
    .refine(isWhole, tagWords)
    .meta(tagMeta(title, description, { least: 1, options }));

/** A tag of a call, which platforms send empty where a variable has no value: empty is absent. */
export const callTag = (title: string, description: string, options?: string) =>
  z
    .string()
    .overwrite(normalizeTag)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]{0,128}$/u, tagWords)
    .refine(isWhole, tagWords)
    .nullable()
    .optional()
    .meta(tagMeta(title, description, { least: 0, options }));

const tagWords = 'must be 1 to 128 printable characters';

function tagMeta(title: string, description: string, more: { least: number; options: string | undefined }) {
  return {
    title,
    description,
    minLength: more.least,
    maxLength: 128,
    ...(more.options === undefined ? {} : { 'x-field': { options: more.options } }),
  };
}

function isWhole(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text);
}

export const clientId = tag('Client', 'Which of your clients the calls are for.', 'clients.list');
export const project = tag('Project', 'The project the calls belong to.', 'projects.list');
export const scenarioId = tag('Scenario', 'The scenario, zap or workflow that makes the calls.', 'scenarios.list');
export const scenarioPlatform = tag('Platform', 'Where the scenario runs: make, zapier, n8n, …');

export const modelName = z
  .string()
  .min(1)
  .max(200)
  .meta({
    title: 'Model',
    description: 'A model’s own name, provider/model, or auto.',
    'x-field': { options: 'models.list' },
  });

export const providerName = z
  .string()
  .min(1)
  .max(100)
  .meta({ title: 'Provider', description: 'Calls that this provider answered.' });

/** In a query `true` comes as text. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

export const role = z.enum(['owner', 'member', 'viewer', 'caller']).meta({
  title: 'Role',
  description:
    'owner: everything. member: everything except keys, members, providers and the plan. viewer: reads only. caller: calls models.',
});

export const usd = z.number().meta({ title: 'US dollars', description: 'Dollars, with at most nine decimals.' });

/** A nano-dollar: a smaller amount would be kept as zero, and a limit above zero would become none. */
const leastUsd = 1e-9;

/** Dollars in a request: a number, or a decimal string from tools that only have text. */
export const usdInput = (bounds: { max: number; above?: number }) => {
  const least = bounds.above === undefined ? 0 : bounds.above + leastUsd;
  const error = ({ input }: { input?: unknown }) => (input === undefined ? undefined : amountFault(input, bounds));
  const amount = z.number().min(least, { error }).max(bounds.max, { error });
  const text = z
    .string()
    .trim()
    .regex(/^\d{1,12}(\.\d{1,12})?$/, { error });
  return z.union([amount, text.transform(Number).pipe(amount)], { error });
};

function amountFault(input: unknown, { above, max }: { max: number; above?: number }): string {
  const given = typeof input === 'string' && input.trim() !== '' ? Number(input) : input;
  if (typeof given === 'number' && !Number.isNaN(given)) {
    if (given > max) return `must be at most ${max.toLocaleString('en')}`;
    if (above !== undefined && given <= above) return `must be greater than ${above}`;
    if (given < 0) return 'must be at least 0';
    if (given > 0 && given < leastUsd) return 'must be at least 0.000000001';
  }
  return 'must be an amount in dollars, such as 5 or "0.10"';
}

const count = (title: string, description: string) => z.number().int().meta({ title, description });
export const tokenCounts = {
  input_tokens: count('Input tokens', 'Includes cached and cache-write tokens.'),
  cached_tokens: count('Cached tokens', 'Input tokens read from a cache.'),
  output_tokens: count('Output tokens', 'Includes reasoning tokens.'),
};

export const livemode = z
  .boolean()
  .meta({ title: 'Live mode', description: 'False in test mode, where no money is spent.' });

export const from = moment
  .optional()
  .meta({ title: 'From', description: 'The first day or time. Default: the start of this month.' });
export const to = moment.optional().meta({
  title: 'To',
  description: 'The last day (included), or the time at which the range ends. Default: now.',
  'x-field': {
    helpOfMoment:
      'The time at which the range ends. To include a whole day, choose the beginning of the next one. Default: now.',
  },
});

/** A calendar month by its name, in the request's `timezone` where it has one, else in the workspace's. */
export const month = z
  .string()
  .regex(/^(last_month|[12]\d{3}-(0[1-9]|1[0-2]))$/, 'must be last_month, or a month such as 2026-10');

export const period = month.optional().meta({
  title: 'Period',
  description: 'A whole month in place of From and To: last_month, or a month such as 2026-10.',
});
/** A form shows all three, and each may stay empty. */
export function hasOneRange({ period, from, to }: { period?: unknown; from?: unknown; to?: unknown }): boolean {
  return period === undefined || (from === undefined && to === undefined);
}
export const oneRange = { error: 'is a range of its own: leave out `from` and `to`', path: ['period'] };

export const perMinute = (title: string) =>
  z.number().int().min(1).max(1_000_000_000).meta({ title, description: 'The highest number allowed.' });
export const rateLimit = z
  .strictObject({
    calls_per_minute: perMinute('Calls per minute').optional(),
    tokens_per_minute: perMinute('Tokens per minute').optional(),
    concurrent: perMinute('Concurrent calls').optional(),
  })
  .meta({ title: 'Rate limit', description: 'Calls above this limit are refused with 429.' });

export const page = <Row extends z.ZodType>(row: Row) =>
  z.object({
    data: z.array(row).meta({ title: 'Rows', description: 'The rows of this page.' }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ title: 'Next cursor', description: 'Send it as `cursor` to get the next page; null on the last page.' }),
  });

/** An answer without a body. */
export const nothing = z.null().meta({ title: 'Nothing', description: 'The answer has no body.' });
