import { z } from 'zod';

/** Shapes that several operations share. */

export const id = z.string().min(1).max(100).meta({ title: 'Id', description: 'An opaque id.' });

export const isoTime = z.iso.datetime().meta({ title: 'Time', description: 'ISO 8601, UTC.' });

export const cursor = z
  .string()
  .max(500)
  .optional()
  .meta({ title: 'Cursor', description: 'Where to go on: `next_cursor` of the page before.' });

/** In a query numbers come as text. */
export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(100)
  .default(50)
  .meta({ title: 'Limit', description: 'How many rows a page has, 100 at most.' });

/** A day (`2026-11-01`) or a moment (`2026-11-01T08:00:00Z`). */
export const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

export const tag = (title: string, description: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(128)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u, 'must be printable characters')
    .meta({ title, description });

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
