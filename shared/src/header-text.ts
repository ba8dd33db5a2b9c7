/** The longest header that a proxy with small buffers passes on beside the others. */
const usualLength = 500;

const printable = /^[\x20-\x7e]$/;
const onlyPrintable = /^[\x20-\x7e]*$/;

/**
 * A text as the value of a header, which is ASCII: other characters are percent-encoded as UTF-8, so that two names stay two.
 * A longer text is cut at a whole character.
 */
export function toHeaderText(text: string, longest = usualLength): string {
  if (text.length <= longest && onlyPrintable.test(text)) return text;
  let value = '';
  for (const character of text.toWellFormed()) {
    const written = printable.test(character) ? character : encodeURIComponent(character);
    if (value.length + written.length > longest) break;
    value += written;
  }
  return value;
}

/** The text of a header that `toHeaderText` wrote. A percent sign that encodes nothing stays: "99%". */
export function fromHeaderText(value: string): string {
  return value.replace(/(?:%[89A-F][0-9A-F])+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
