import { setImmediate as breathe } from 'node:timers/promises';
import { type CallInput, fileTokens, inputOf, isText } from '../dialects/call-input.ts';
import type { Outline } from '../dialects/json-outline.ts';
import type { NeutralCall, Part, Usage } from '../dialects/neutral.ts';
import { type Encoding, pictureTokensMax } from '../providers/define-provider.ts';
import { isSetting } from './sent-content.ts';
import { loadTokenizer } from './tokenizer.ts';

/** In low detail: GPT-4o mini 2,833, and Claude, which knows no detail. */
const lowDetailTokensMax = 5_000;
/** The tokens that most models make of an ordinary picture: GPT-4o of 1024 × 1024 pixels 765, Claude up to 1,600. */
const pictureTokensUsual = 1_600;
/** The tokens that a vendor adds around messages; where there are tools, for a prompt of its own (530 for Claude 3 Opus). */
export const overheadTokens = 16;
export const toolOverheadTokens = 1_000;

/** The bytes of a request that may become tokens: all but its settings. */
export function contentBytes({ members }: Outline, bodyBytes: number): number {
  let bytes = bodyBytes;
  for (const [name, { keyStart, valueEnd }] of members) if (isSetting(name)) bytes -= valueEnd - keyStart;
  return bytes;
}

/**
 * An upper bound of the tokens a call sends, without counting any: no tokenizer makes more tokens than there are bytes, and
 * pictures are counted by the piece, not by their base64.
 */
export function boundInputTokens(call: Pick<NeutralCall, 'messages' | 'tools'>, bytes: number): number {
  let tokens = bytes + overheadTokens + (call.tools.length > 0 ? toolOverheadTokens : 0);
  // By hand, not over `leaves`: this is done for every call.
  for (const { parts } of call.messages) {
    for (const part of parts) {
      if (part.kind === 'image') tokens += pictureSurplus(part);
      else if (part.kind === 'tool-result')
        for (const inner of part.content) if (inner.kind === 'image') tokens += pictureSurplus(inner);
    }
  }
  return Math.max(0, tokens);
}

/** Features whose input stands in the request. With any other (a stored conversation, a file by its id, a search) the vendor reads more. */
const selfContained = new Set(['tool_choice', 'reasoning_effort', 'response_format']);
/** The same of members that are passed on as they are. */
const reachOut = ['mcp_servers', 'container', 'web_search_options', 'search_parameters', 'plugins'];
/** Where a model's window is not known. */
const widestWindow = 2_000_000;

/** Does a call send more than its bytes tell: something the vendor fetches or has stored, or a document of however many pages? */
export function isOpaque({
  onlyNative,
  extra,
  messages,
}: Pick<NeutralCall, 'onlyNative' | 'extra' | 'messages'>): boolean {
  return reachesOut({ onlyNative, extra }) || messages.some(({ parts }) => parts.some(isOpaquePart));
}

/** Does the vendor read what the request only names: a stored conversation, a file, a search? */
export function reachesOut({ onlyNative, extra }: Pick<NeutralCall, 'onlyNative' | 'extra'>): boolean {
  return !onlyNative.every((feature) => selfContained.has(feature)) || reachOut.some((name) => name in extra);
}

function isOpaquePart(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(isOpaquePart);
  return part.kind === 'audio' || part.kind === 'file-url' || (part.kind === 'file' && !isText(part.mediaType));
}

/** The most tokens of input a model can bill for a call of which `seen` stand in the request. */
export function boundOpaque(
  seen: number,
  { contextWindow = widestWindow }: { contextWindow?: number | undefined },
): number {
  return Math.max(seen, contextWindow);
}

/** An estimate of the input from its bound: text has some four bytes to a token, pictures and pages are usual ones. */
export function likelyInputTokens(call: Pick<NeutralCall, 'messages'>, bound: number): number {
  const sum = { text: bound, tokens: 0 };
  for (const { parts } of call.messages)
    for (const part of parts)
      if (part.kind === 'tool-result') for (const inner of part.content) addLikely(sum, inner);
      else addLikely(sum, part);
  return sum.tokens + Math.ceil(Math.max(0, sum.text) / 4);
}

function addLikely(sum: { text: number; tokens: number }, part: Part): void {
  if (part.kind === 'image') {
    sum.text -= pictureBound(part);
    sum.tokens += pictureTokensUsual;
  } else if (part.kind === 'file' || part.kind === 'audio') {
    sum.text -= part.data.length;
    sum.tokens += fileTokens(part.data);
  }
}

type Picture = Extract<Part, { kind: 'image' }>;

function pictureBound({ detail }: Picture): number {
  return detail === 'low' ? lowDetailTokensMax : pictureTokensMax;
}

/** The tokens of a picture beyond the bytes it has in the request. */
function pictureSurplus(picture: Picture): number {
  return pictureBound(picture) - (picture.source.kind === 'data' ? picture.source.data.length : 0);
}

/** About how many tokens of input a call has, at least one; the vendor's own figure is within some percent. */
export async function estimateInputTokens(call: Pick<NeutralCall, 'messages' | 'tools'>): Promise<number> {
  const { inputTokens } = await estimateUsage({ ...inputOf(call), outputText: '' });
  return Math.max(1, inputTokens);
}

/** Counts what was sent and received, for calls whose provider did not say. */
export async function estimateUsage(options: CallInput & { outputText: string }): Promise<Usage> {
  const [input, output] = await Promise.all([countTokens(options.inputText), countTokens(options.outputText)]);
  return {
    inputTokens: input + options.images * pictureTokensUsual + options.fileTokens,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: output,
    reasoningTokens: 0,
  };
}

const countedCharsMax = 200_000;
const sliceCharsMax = 512;
const slicesPerBreath = 32;

/** The beginning of a very long text is counted, and the rest taken to be like it. */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  const { tokens, rest } = await countBeginning(text);
  return Math.ceil((tokens * text.length) / (text.length - rest.length));
}

/**
 * By one of OpenAI's tokenizers; the newer one is within some percent for the other vendors' English too. Its table takes 25 MB
 * and is loaded when first needed.
 *
 * The tokenizer takes the square of the time for the length of a word: 200,000 times the letter a would stop the process for
 * seconds. So it is fed slices, cut before a space where there is one, and others get their turn in between.
 */
export async function countBeginning(
  text: string,
  encoding: Encoding = 'o200k_base',
): Promise<{ tokens: number; rest: string }> {
  const tokenizer = await loadTokenizer(encoding);
  let tokens = 0;
  let slices = 0;
  for (const slice of slicesOf(text.slice(0, countedCharsMax))) {
    tokens += tokenizer.count(slice);
    slices += 1;
    if (slices % slicesPerBreath === 0) await breathe();
  }
  return { tokens, rest: text.slice(countedCharsMax) };
}

function* slicesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const limit = start + sliceCharsMax;
    const space = limit < text.length ? text.lastIndexOf(' ', limit) : -1;
    const end = space > start ? space : limit;
    yield text.slice(start, end);
    start = end;
  }
}
