/** Names are strangers' text: no line of a mail is theirs. */
export function oneLine(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]+/gu, ' ').trim();
}
