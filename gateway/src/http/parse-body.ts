import { isAscii } from 'node:buffer';
import { GatewayError } from '@ai-gateway/shared/errors';
import { refuseDoubleKeys } from '../dialects/double-keys.ts';
import { withPlainKeys } from '../dialects/edit-json.ts';
import { parseMembers } from '../dialects/exact-json.ts';
import { type OutlineBounds, outlineJson, type ReadOutline } from '../dialects/json-outline.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { replaceHalves } from '../dialects/replace-halves.ts';
import { inTurn } from '../turns/in-turn.ts';

interface ParsedBody {
  json: JsonObject;
  outline: ReadOutline;
}

export function parseCall(body: Buffer): ParsedBody {
  replaceHalves(body);
  return parseBody(body);
}

/** 20 MiB take some 100 ms to read. In pieces, other calls are answered between them. */
export async function parseBigCall(body: Buffer): Promise<ParsedBody> {
  await inTurn(() => replaceHalves(body));
  const outline = await inTurn(() => outlineJson(body));
  const json = await inTurn(() => parseOutlined(body, outline));
  await inTurn(() => refuseDoubleKeys(body, outline, json));
  return { outline, json };
}

/** Depth, duplicate keys and size are judged on the bytes, before anything recursive touches them. */
export function parseBody(body: Buffer, bounds?: OutlineBounds): ParsedBody {
  const outline = outlineJson(body, bounds);
  const json = parseOutlined(body, outline);
  refuseDoubleKeys(body, outline, json);
  return { outline, json };
}

function parseOutlined(body: Buffer, outline: ReadOutline): JsonObject {
  try {
    return parseMembers(utf8(withPlainKeys(body, outline)), outline);
  } catch (error) {
    throw new GatewayError(
      'invalid_request',
      `The request body is not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}.`.slice(0, 300),
    );
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1');
  try {
    return decoder.decode(body);
  } catch {
    throw new GatewayError('invalid_request', 'The request body is not valid UTF-8.');
  }
}
