import { GatewayError } from '@ai-gateway/shared/errors';

/** Where a list by age goes on. */
export interface Cursor {
  createdAt: string;
  id: string;
}

export function writeCursor({ createdAt, id }: Cursor): string {
  return writeParts([createdAt, id]);
}

export function readCursor(cursor: string): Cursor {
  const [createdAt, id] = readParts(cursor);
  if (typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt)) || typeof id !== 'string') throw badCursor();
  return { createdAt, id };
}

/** Opaque to whoever gets it; nothing in it is trusted when it comes back. */
export function writeParts(parts: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

export function readParts(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value)) return value as unknown[];
  } catch {
    // Falls through to the same refusal as a cursor that parses to something else.
  }
  throw badCursor();
}

export function badCursor(): GatewayError {
  return new GatewayError(
    'invalid_request',
    '`cursor` is not one of ours. Use the `next_cursor` of the page before, as it is.',
    { param: 'cursor' },
  );
}
