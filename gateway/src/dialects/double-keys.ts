import { GatewayError } from '@ai-gateway/shared/errors';
import { endOfString, type ReadOutline, readKey, skipSpace } from './json-outline.ts';

/**
 * Throws `invalid_request` where an object at whatever depth has a key twice. `JSON.parse` keeps the last of them and a provider
 * may read the first, and bill it. Then fewer keys are parsed than stand in the bytes.
 */
export function refuseDoubleKeys(body: Buffer, { keys }: Pick<ReadOutline, 'keys'>, parsed: unknown): void {
  if (countKeys(parsed) === keys) return;
  const key = findDoubleKey(body)?.slice(0, 60) ?? '';
  throw new GatewayError('invalid_request', `The request body has the key "${key}" twice in one object.`, {
    param: key,
  });
}

/** The depth is bounded where the bytes are read. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  // `Object.values` is much faster with many keys than a look at each.
  const inside = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
  let keys = Array.isArray(value) ? 0 : inside.length;
  for (const inner of inside) if (typeof inner === 'object') keys += countKeys(inner);
  return keys;
}

/** The first one, of bytes that are known to be JSON. */
function findDoubleKey(body: Buffer): string | undefined {
  const seen: Set<string>[] = [];
  for (let at = 0; at < body.length; at++) {
    const char = String.fromCharCode(body[at] ?? 0);
    if (char === '{' || char === '[') seen.push(new Set());
    else if (char === '}' || char === ']') seen.pop();
    else if (char === '"') {
      const end = endOfString(body, at);
      if (body[skipSpace(body, end + 1)] === 0x3a) {
        const key = readKey(body.subarray(at, end + 1));
        if (seen.at(-1)?.has(key)) return key;
        seen.at(-1)?.add(key);
      }
      at = end;
    }
  }
  return undefined;
}
