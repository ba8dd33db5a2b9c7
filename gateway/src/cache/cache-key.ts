import { createHmac, hash } from 'node:crypto';
import { isRecord } from '@ai-gateway/shared/json';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { canonicalJson } from './canonical-json.ts';

/** Everything that an answer depends on. */
export interface KeyParts {
  /** Raised when all kept answers are deleted. */
  epoch: number;
  workspaceId: string;
  livemode: boolean;
  /** The calls whose answers may be shared: see `cache-scope.ts`. */
  scope: string;
  /** Each has one path. */
  dialect: DialectId;
  /** The account and model that would answer. */
  account: string;
  model: string;
  /** Headers that reach the provider. */
  headers: Readonly<Record<string, string>>;
  /** Does the caller refuse answers that leave out a parameter? */
  strict: boolean;
  /** The most tokens of an answer that rules allow. */
  maxTokens: number | undefined;
  json: JsonObject;
  /** The bytes it was read from. */
  body: Buffer;
  /** The caller's own key, in the place of the body. */
  ownKey: string | undefined;
  /** Names in `metadata` that the gateway takes out. */
  tagNames: readonly string[];
}

/** HMAC-SHA-256 in hex: without the secret nobody can tell what was asked. */
export function cacheKey(secretHex: string, parts: KeyParts): string {
  const { epoch, workspaceId, livemode, scope, dialect, account, model, headers, strict, maxTokens, json, ownKey } =
    parts;
  const hmac = createHmac('sha256', Buffer.from(secretHex, 'hex'));
  hmac.update(
    JSON.stringify([
      ...['response-cache', 1, epoch, workspaceId, livemode, scope, dialect, account, model, strict, maxTokens ?? null],
      Object.entries(headers).sort(),
    ]),
  );
  if (ownKey !== undefined)
    // How the answer is framed is the call's own, whatever its key.
    return hmac
      .update(`key ${canonicalJson([ownKey, json.stream ?? null, json.stream_options ?? null]).text}`)
      .digest('hex');
  const { text, isExact } = canonicalJson(answered(json, parts.tagNames));
  hmac.update(`body ${text}`);
  if (!isExact) hmac.update(hash('sha256', parts.body, 'buffer'));
  return hmac.digest('hex');
}

/** Fields that change nothing about the answer: they say for whom it is, which models follow, and how it is kept. */
const leftOut: ReadonlySet<string> = new Set(['fallback_models', 'response_cache', 'user']);

/** The body without what no answer depends on. Everything else counts, also what nobody here knows. */
function answered(json: JsonObject, tagNames: readonly string[]): JsonObject {
  const kept: JsonObject = Object.create(null) as JsonObject;
  for (const [name, value] of Object.entries(json)) {
    if (leftOut.has(name) || name.startsWith('prompt_cache_')) continue;
    const left = name === 'metadata' ? withoutTags(value, tagNames) : value;
    if (left !== undefined) kept[name] = left;
  }
  return kept;
}

function withoutTags(metadata: unknown, tagNames: readonly string[]): unknown {
  if (!isRecord(metadata)) return metadata;
  const kept = Object.entries(metadata).filter(([name]) => !tagNames.includes(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
