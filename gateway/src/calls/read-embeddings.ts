import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { needString, readChoice, readModel, readNumber, readString, wrong } from '../dialects/read-fields.ts';
import type { EmbeddingRequest } from '../providers/embedding-adapter.ts';

export function readEmbeddings(json: JsonObject): EmbeddingRequest {
  const model = readModel(json.model);
  const { input } = json;
  const list: unknown[] = Array.isArray(input) ? input : [input];
  const tokenLists =
    Array.isArray(input) &&
    input.length > 0 &&
    input.every(
      (item) => typeof item === 'number' || (Array.isArray(item) && item.every((token) => typeof token === 'number')),
    );
  if (list.length === 0 || list.length > 2048) throw wrong('input', 'text, or a list of 1 to 2048 texts');
  if (!tokenLists)
    for (const [i, item] of list.entries())
      needString(item === '' ? undefined : item, Array.isArray(input) ? `input[${i}]` : 'input');
  const dimensions = readNumber(json.dimensions, 'dimensions', { min: 1, max: 100_000, integer: true });
  const user = readString(json.user, 'user');
  return {
    model,
    texts: tokenLists ? undefined : (list as string[]),
    encoding: readChoice(json.encoding_format, 'encoding_format', ['float', 'base64']) ?? 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(user === undefined ? {} : { user }),
  };
}

/** The embedding as a call, for the parts that know of calls only. */
export function asCall(embedding: EmbeddingRequest): NeutralCall {
  const parts = (embedding.texts ?? []).map((text) => ({ kind: 'text' as const, text }));
  return {
    dialect: 'chat',
    model: embedding.model,
    stream: false,
    streamUsage: false,
    messages: [{ role: 'user', parts }],
    tools: [],
    output: { kind: 'text' },
    stop: [],
    extra: {},
    onlyNative: [],
  };
}

/** Input may be token ids instead of texts, in one list or several. */
export function countIds(input: unknown): number {
  if (!Array.isArray(input)) return typeof input === 'number' ? 1 : 0;
  let ids = 0;
  for (const item of input) ids += countIds(item);
  return ids;
}
