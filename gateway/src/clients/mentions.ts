/** As whole words, so that the client "acme" does not take the views of "acme-2" with it. */
export function mentions(names: readonly string[]): (text: string) => boolean {
  const known = names
    .filter((name) => name.trim() !== '')
    .map((name) => name.trim().replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  if (known.length === 0) return () => false;
  const words = new RegExp(String.raw`(?<![\p{L}\p{N}_-])(?:${known.join('|')})(?![\p{L}\p{N}_-])`, 'iu');
  return (text) => words.test(text);
}
