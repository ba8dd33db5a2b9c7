/**
 * Texts of people in headers, which are ASCII.
 *
 * ```ts
 * import { fromHeaderText, toHeaderText } from '@ai-gateway/shared/header-text';
 *
 * const value = toHeaderText('Bäckerei 50%'); // 'B%C3%A4ckerei 50%'
 * console.log(fromHeaderText(value)); // 'Bäckerei 50%'
 * ```
 */

/** The longest header that a proxy with small buffers passes on beside the others. */
const usualLength = 500;

/** Fits two names that people write, of 100 letters together, and the words around them. */
export const namesLength = 1_000;

/** Characters in turn; those that stay as they are have the group. */
const characters = /%(?=[0-9A-Fa-f]{2})|([\x20-\x7e])|[^\x20-\x7e]/gu;
const encoded = /%(?=[0-9A-Fa-f]{2})|[^\x20-\x7e]/;

/**
 * A text as the value of a header, which is ASCII: other characters are percent-encoded as UTF-8, and so is a percent sign before
 * two hexadecimal digits, so that two names stay two. A longer text is cut at a whole character.
 */
export function toHeaderText(text: string, longest = usualLength): string {
  if (text.length <= longest && !encoded.test(text)) return text;
  let value = '';
  for (const [character, plain] of text.toWellFormed().matchAll(characters)) {
    const written = plain ?? encodeURIComponent(character);
    if (value.length + written.length > longest) break;
    value += written;
  }
  return value;
}

/** The text of a header that `toHeaderText` wrote. A percent sign that encodes nothing stays: "99%". */
export function fromHeaderText(value: string): string {
  return value.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}
