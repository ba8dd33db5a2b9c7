/** Tokens of the sandbox are four bytes each: the same for the same request, streamed or not, on every machine. */
const bytesPerToken = 4;

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** The beginning of a text that `tokens` tokens hold, without cutting a character in two. */
export function cutToTokens(text: string, tokens: number): string {
  const bytesMax = tokens * bytesPerToken;
  if (Buffer.byteLength(text) <= bytesMax) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}

export interface Stopped {
  text: string;
  stopSequence: string | undefined;
}

/** The text up to the first of the stop sequences. */
export function cutAtStop(text: string, stops: readonly string[]): Stopped {
  let first: { at: number; stop: string } | undefined;
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, stop };
  }
  return first === undefined
    ? { text, stopSequence: undefined }
    : { text: text.slice(0, first.at), stopSequence: first.stop };
}

/** The first `characters` of a text, with an ellipsis where there was more. */
export function shortened(text: string, characters: number): string {
  const head = [...text.slice(0, characters * 2)].slice(0, characters).join('');
  return head.length < text.length ? `${head}…` : text;
}

/** A word or so each; together they are the whole text, spaces at its end included. */
export function streamedPieces(text: string): string[] {
  return text.match(/\s*\S{1,12}|\s+$/gu) ?? [];
}
