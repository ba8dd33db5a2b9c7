import type { JsonObject, NeutralCall, Part, Usage } from '../dialects/neutral.ts';

/** An answer as it was sent first, without headers. */
export interface CachedAnswer {
  /** Of a stream: all of its bytes but comments of the gateway. */
  body: Buffer;
  /** The last bytes of a stream, which leave once the call is on record. */
  tailBytes: number;
  model: string;
  provider: string;
  usage: Usage;
  costNanos: bigint;
  /** Parameters that it went without. */
  dropped: readonly string[];
}

/** More is not kept. */
export const answerBytesMax = 256 * 1024;

/**
 * Why a call is not for the cache, in a word for `x-gateway-cache: bypass; reason=…`; undefined for one that is. Its answer depends on more
 * than the body says, or the vendor keeps something of it.
 */
export function bypassReason(
  call: Pick<NeutralCall, 'onlyNative' | 'choices' | 'messages' | 'extras'>,
  json: JsonObject,
): string | undefined {
  if (json.store === true) return 'store';
  if (json.background === true) return 'background';
  if ((call.choices ?? 1) > 1) return 'n';
  const { extras } = call;
  const searches = extras !== undefined && extras.webSearches + extras.fileSearches > 0;
  if (call.onlyNative.length > 0 || searches) return 'native';
  return call.messages.some(({ parts }) => parts.some(isByAddress)) ? 'url' : undefined;
}

/** The content behind an address may change. */
function isByAddress(part: Part): boolean {
  if (part.kind === 'file-url') return true;
  if (part.kind === 'image') return part.source.kind === 'url';
  return part.kind === 'tool-result' && part.content.some(isByAddress);
}

const whole: ReadonlySet<string> = new Set([
  ...['stop', 'tool_calls', 'function_call'],
  ...['end_turn', 'stop_sequence', 'tool_use'],
  'completed',
]);

/** Did the answer end by itself? `reasons` in any vendor's words. */
export function isWhole(reasons: readonly string[]): boolean {
  return reasons.length > 0 && reasons.every((reason) => whole.has(reason));
}

const refusal = /"refusal":\s*"(?!")|"type":\s*"(?:refusal|response\.refusal\.)/;

/** OpenAI's models decline in a field of its own, under the finish reason of any answer. An apology is not kept. */
export function declines(body: Buffer): boolean {
  return body.includes('refusal') && refusal.test(body.toString('latin1'));
}
