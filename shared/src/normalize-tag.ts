/*
 * Tags: names of clients, projects and scenarios, as people paste them.
 *
 * ```ts
 * import { normalizeTag } from '@ai-gateway/shared/normalize-tag';
 *
 * console.log(normalizeTag(' Müller\u00a0GmbH ') === 'Müller GmbH'); // true
 * ```
 */

/**
 * A tag is a name that people paste: two spellings that look the same are one. Without this a spent budget of `Müller GmbH` did
 * not hold for the same name from macOS (NFD), with a no-break space, or with a zero-width space behind it.
 *
 * NFC; white space of any kind is a space; ends are trimmed; invisible characters go, but not those that make an emoji. Line
 * breaks and the marks that turn the direction of text stay, to be refused: neither is part of a name.
 */
export function normalizeTag(text: string): string {
  if (ordinary.test(text)) return text.trim();
  return text
    .replace(emojiOrInvisible, (found, invisible: string | undefined) => (invisible === undefined ? found : ''))
    .replace(whiteSpace, ' ')
    .normalize('NFC')
    .trim();
}

/** Nothing to change but its ends. */
const ordinary = /^[\x20-\x7e]*$/;

/**
 * Emoji first, whole: joiners, variation selectors and tags inside one are part of what is seen. Of selectors one after another
 * only the first one is kept, and tags belong to the black flag alone: more of either cannot be seen.
 */
const emojiOrInvisible =
  /(?:\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}|\p{Extended_Pictographic}[\ufe0e\ufe0f]?(?:\p{Emoji_Modifier}[\ufe0e\ufe0f]?)*)(?:\u200d\p{Extended_Pictographic}[\ufe0e\ufe0f]?(?:\p{Emoji_Modifier}[\ufe0e\ufe0f]?)*)*|[0-9#*]\ufe0f\u20e3|(?![\u202a-\u202e\u2066-\u2069])([\p{Default_Ignorable_Code_Point}\p{Cf}])/gu;

/** Tabs, no-break and wide spaces, and the blank pattern of Braille; not line breaks. */
const whiteSpace = /[^\S\n\v\f\r\u2028\u2029]|\u2800/gu;
