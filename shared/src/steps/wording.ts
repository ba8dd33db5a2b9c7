/*
 * The contract and the steps speak in sentence case. Zapier and n8n want title case, each with words of its own that stay small.
 *
 * ```ts
 * import { titleCase, valueLabel } from '@ai-gateway/shared/steps/wording';
 *
 * titleCase('Limit (USD) of the month', 'zapier'); // 'Limit (USD) of the Month'
 * valueLabel('json_schema'); // 'JSON schema'
 * ```
 */

/** Zapier's style guide; n8n's linter (`node-param-display-name-miscased`, by the package `title-case`). */
const smallWords = {
  zapier: wordSet('a an and as at but by for if in nor of on or over per so the to up upon via with without'),
  n8n: wordSet(
    'a an and as at because but by for if in neither nor of on only or over per so some than that the to up upon vs via when with without yet',
  ),
};

/** A label in title case: the first and the last word always begin with a capital. */
export function titleCase(text: string, platform: keyof typeof smallWords): string {
  return text
    .split(' ')
    .map((word, at, words) =>
      at > 0 && at < words.length - 1 && smallWords[platform].has(word.toLowerCase())
        ? word
        : // A word in brackets is a word, too: `Keep for (Days)`.
          word.replace(/^\(\p{Ll}/u, (start) => start.toUpperCase()).replace(/^\p{Ll}/u, capitalize),
    )
    .join(' ');
}

/** A choice's value for people, in sentence case: `period_end` → `Period end`, `xhigh` → `Extra high`. */
export function valueLabel(value: string): string {
  return capitalize(
    value
      .replaceAll(/[._-]+/g, ' ')
      .replace(/^xhigh$/, 'extra high')
      .replaceAll(/\b(json|csv)\b/gi, (word) => word.toUpperCase()),
  );
}

/** `Create a budget` → `Create budget`: neither Zapier nor n8n has articles in a step's name. */
export function withoutArticles(text: string): string {
  return text.replaceAll(/ (a|an|the) (?=\S)/gi, ' ');
}

export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
