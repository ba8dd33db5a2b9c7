/** The contract speaks in whole sentences; Make's reviewers have rules of their own for labels. */

/** `Client id` → `Client ID`. */
export function makeLabel(label: string): string {
  return capitalize(
    label
      .replace(/\bid\b/gi, 'ID')
      .replace(/\burl\b/gi, 'URL')
      .replaceAll('_', ' '),
  );
}

/** A choice's value for people: `period_end` → `Period end`, `json_schema` → `JSON schema`. */
export function labelOfValue(value: string): string {
  return capitalize(
    value
      .replace(/[._]/g, ' ')
      .replace(/\bjson\b/g, 'JSON')
      .replace(/\bcsv\b/g, 'CSV'),
  );
}

/** One of a list: `Thresholds` → `Threshold`. */
export function singular(label: string): string {
  return label.replace(/s$/, '');
}

/** A module's label begins with a verb: `Usage by client` → `Search usage by client`. */
export function searchLabel(label: string): string {
  return /^(list|search)\b/i.test(label) ? label : `Search ${label.charAt(0).toLowerCase()}${label.slice(1)}`;
}

/** `Check budget` → `Check a budget`: verb, article, item. */
export function actionLabel(label: string): string {
  return label.replace(
    /^(\w+) (?!an? |the )(\w+)$/,
    (_, verb: string, item: string) => `${verb} ${/^[aeiou]/i.test(item) ? 'an' : 'a'} ${item}`,
  );
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
