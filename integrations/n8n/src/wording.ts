import { capitalize, titleCase as inTitleCase, valueLabel } from '@ai-gateway/shared/steps/wording';

/** The contract speaks in sentence case and whole sentences; n8n has house rules of its own, which its linter keeps. */

/** `Limit (USD) of the month` → `Limit (USD) of the Month`. */
export function titleCase(text: string): string {
  return inTitleCase(text, 'n8n');
}

/**
 * Begins with a capital; one sentence ends without a full stop, several end with one; `ID` is in capitals. n8n shows HTML, and would
 * show the backticks of a name as they are.
 */
export function describe(text: string): string {
  const said = capitalize(text.trim())
    .replace(/\bid(s?)\b/g, 'ID$1')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>');
  const several = said.replaceAll('e.g. ', '').includes('. ');
  return several ? said : said.replace(/\.$/, '');
}

export function camelCase(text: string): string {
  return text.replace(/[_.-]+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}

/** `scenario_paused` → `Scenario Paused`. */
export function nameOfValue(value: string): string {
  return titleCase(valueLabel(value));
}
