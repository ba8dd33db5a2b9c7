import type { NeutralCall, Part, Usage } from '../dialects/neutral.ts';

/** The dearest an image gets: a high-detail picture cut into OpenAI's tiles, or Anthropic's (width × height) / 750 at its limit. */
const imageTokensMax = 1_600;
/** What a vendor adds around messages and tools. */
const overheadTokens = 16;

/**
 * An upper bound of the tokens a call sends, without counting any: no tokenizer makes more tokens than there are bytes, and
 * pictures are counted by the piece, not by their base64.
 */
export function boundInputTokens(call: NeutralCall, bodyBytes: number): number {
  let pictures = 0;
  let pictureBytes = 0;
  for (const { parts } of call.messages) {
    for (const part of parts) {
      for (const inner of part.kind === 'tool-result' ? part.content : [part]) {
        const size = embeddedBytes(inner);
        if (size === undefined) continue;
        pictures += 1;
        pictureBytes += size;
      }
    }
  }
  return Math.max(0, bodyBytes - pictureBytes) + pictures * imageTokensMax + overheadTokens;
}

/** The base64 a part carries; files are left in, since their pages are read as text. */
function embeddedBytes(part: Part): number | undefined {
  if (part.kind !== 'image') return undefined;
  return part.source.kind === 'data' ? part.source.data.length : 0;
}

/** Counts what was sent and received, for calls whose provider did not say. */
export async function estimateUsage(options: {
  inputText: string;
  images: number;
  outputText: string;
}): Promise<Usage> {
  const [input, output] = await Promise.all([countTokens(options.inputText), countTokens(options.outputText)]);
  return {
    inputTokens: input + options.images * imageTokensMax,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: output,
    reasoningTokens: 0,
  };
}

/** The text of a call as one string, and how many pictures it has. */
export function inputOf(call: NeutralCall): { inputText: string; images: number } {
  let images = 0;
  const texts: string[] = [];
  const read = (part: Part): void => {
    if (part.kind === 'text' || part.kind === 'refusal' || part.kind === 'reasoning') texts.push(part.text);
    else if (part.kind === 'tool-call') texts.push(part.name, part.arguments);
    else if (part.kind === 'tool-result') part.content.forEach(read);
    else if (part.kind === 'image') images += 1;
    else if (part.kind === 'file') texts.push(part.data);
  };
  for (const message of call.messages) message.parts.forEach(read);
  for (const tool of call.tools) texts.push(tool.name, tool.description ?? '', JSON.stringify(tool.parameters));
  return { inputText: texts.join('\n'), images };
}

const countedCharsMax = 200_000;

/**
 * By OpenAI's o200k tokenizer, which is within some percent for the other vendors too. The tables take 50 MB and are loaded
 * when first needed; of a very long text the beginning is counted and the rest taken to be like it.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base');
  const counted = text.slice(0, countedCharsMax);
  // Text that spells a special token (`<|endoftext|>`) is text like any other.
  const tokens = count(counted, { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() });
  return Math.ceil((tokens * text.length) / counted.length);
}
