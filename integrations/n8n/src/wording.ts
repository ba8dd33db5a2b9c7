/** The contract speaks in sentence case and whole sentences; n8n has house rules of its own, which its linter keeps. */

/** As n8n's linter reads them: these stay small inside a title, but not at its ends. */
const smallWords = new Set(
  'a an and as at because but by for if in neither nor of on only or over per so some than that the to up upon vs via when with without yet'.split(
    ' ',
  ),
);

/** `Limit (USD) of the month` → `Limit (USD) of the Month`. */
export function titleCase(text: string): string {
  return text
    .split(' ')
    .map((word, at, words) =>
      at > 0 && at < words.length - 1 && smallWords.has(word.toLowerCase()) ? word : capitalize(word),
    )
    .join(' ');
}

/** `Create a budget` → `Create budget`: n8n's names of operations have no articles. */
export function withoutArticles(text: string): string {
  return text.replace(/ (a|an|the) (?=\S)/gi, ' ');
}

/** Begins with a capital; one sentence ends without a full stop, several end with one; `ID` is in capitals. */
export function describe(text: string): string {
  const said = capitalize(text.trim()).replace(/\bid(s?)\b/g, 'ID$1');
  const several = said.replaceAll('e.g. ', '').includes('. ');
  return several ? said : said.replace(/\.$/, '');
}

export function camelCase(text: string): string {
  return text.replace(/[_.-]+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}

export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `scenario_paused` → `Scenario Paused`. */
export function nameOfValue(value: string): string {
  return titleCase(value.replaceAll(/[_.-]+/g, ' '));
}
