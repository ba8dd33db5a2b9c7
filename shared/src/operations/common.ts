import { z } from 'zod';

/** Shapes that several operations share. */

export const id = z.string().min(1).max(100).meta({ title: 'Id', description: 'An opaque id.' });

export const isoTime = z.iso.datetime().meta({ title: 'Time', description: 'ISO 8601, UTC.' });

export const cursor = z
  .string()
  .max(500)
  .optional()
  .meta({ title: 'Cursor', description: 'Where to go on: `next_cursor` of the page before.' });

/** In a query numbers come as text; whoever writes code gives a number. */
export const limit = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(100)
  .default(50)
  .meta({ title: 'Limit', description: 'How many rows a page has, 100 at most.' });

/** A day (`2026-11-01`) or a moment (`2026-11-01T08:00:00Z`). */
export const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a day (2026-11-01) or a moment (2026-11-01T08:00:00Z)',
});

/**
 * 1 to 128 printable characters. The pattern counts them, since an emoji is one character to whoever types it and two to
 * zod's `max`; JSON Schema's own lengths count as the pattern does.
 */
export const tag = (title: string, description: string) =>
  z
    .string()
    .trim()
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,128}$/u,
      'must be 1 to 128 printable characters',
    )
    .meta({ title, description, minLength: 1, maxLength: 128 });

export const clientId = tag('Client', 'The client of yours the calls are for.');
export const project = tag('Project', 'The project the calls belong to.');
export const scenarioId = tag('Scenario', 'The scenario, zap or workflow that makes the calls.');
export const scenarioPlatform = tag('Platform', 'Where the scenario runs: make, zapier, n8n, …');

export const role = z.enum(['owner', 'member', 'viewer', 'caller']).meta({
  title: 'Role',
  description:
    'owner: everything. member: all but keys, members, providers and plan. viewer: reads. caller: calls models.',
});

export const usd = z.number().meta({ title: 'US dollars', description: 'Dollars, with at most nine decimals.' });

/** Dollars in a request: a number, or a decimal string from tools that only have text. */
export const usdInput = (bounds: { max: number }) => {
  const amount = z.number().min(0).max(bounds.max);
  const text = z
    .string()
    .trim()
    .regex(/^\d{1,12}(\.\d{1,12})?$/);
  return z.union([amount, text.transform(Number).pipe(amount)], { error: `must be dollars from 0 to ${bounds.max}` });
};

export const page = <Row extends z.ZodType>(row: Row) =>
  z.object({
    data: z.array(row).meta({ title: 'Rows', description: 'The rows of this page.' }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ title: 'Next cursor', description: 'Hand it in as `cursor` for the next page; null on the last.' }),
  });

/** An answer without a body. */
export const nothing = z.null().meta({ title: 'Nothing', description: 'The answer has no body.' });
