import { GatewayError } from '@ai-gateway/shared/errors';
import { isStorable } from '../db/storable.ts';

/** Where a list by age goes on. */
export interface Cursor {
  createdAt: string;
  id: string;
}

export function writeCursor({ createdAt, id }: Cursor): string {
  return writeParts([createdAt, id]);
}

export function readCursor(cursor: string): Cursor {
  const [createdAt = '', id = ''] = readTexts(cursor, 2);
  if (!isOurTime(createdAt)) throw badCursor();
  return { createdAt, id };
}

/** Written by us and read by Postgres, which takes much less for a time than `Date` does, and knows no year nought. */
export function isOurTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text && /^(?!0000)\d/.test(text);
}

/** A whole number as the database keeps it. */
export function readInteger(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) throw badCursor();
  return BigInt(text);
}

/** A page of a list, of rows that were read with one more than the limit: that one more says that there is a next page. */
export function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  { view, cursor }: { view(row: Row): View; cursor(last: Row): string },
): { data: View[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(view),
    next_cursor: rows.length > limit && last !== undefined ? cursor(last) : null,
  };
}

/** Opaque to its reader; nothing in it is trusted when it comes back. */
export function writeParts(parts: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

export function readParts(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value) && value.every((part) => typeof part !== 'string' || isStorable(part)))
      return value as unknown[];
  } catch {
    // Falls through to the same refusal as a cursor that parses to something else.
  }
  throw badCursor();
}

/** The parts of a cursor that holds nothing but texts, as many as were written. */
export function readTexts(cursor: string, count: number): string[] {
  const parts = readParts(cursor);
  if (parts.length !== count || !parts.every((part) => typeof part === 'string')) throw badCursor();
  return parts;
}

export function badCursor(): GatewayError {
  return new GatewayError(
    'invalid_request',
    '`cursor` is not valid. Use the `next_cursor` of the previous page, unchanged.',
    { param: 'cursor' },
  );
}
