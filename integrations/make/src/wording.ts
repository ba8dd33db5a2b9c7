import { capitalize } from '@ai-gateway/shared/steps/wording';

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

/** One of a list: `Thresholds` → `Threshold`. */
export function singular(label: string): string {
  return label.replace(/s$/, '');
}

/**
 * `List budgets` → `Search budgets`: "Search modules are those that have one or more filtering options", those without are `List`.
 * https://developers.make.com/custom-apps-documentation/best-practices/naming-conventions/modules/module-labels
 */
export function searchLabel(label: string, hasFilters: boolean): string {
  const items = label.replace(/^(list|search|get) /i, '');
  return `${hasFilters ? 'Search' : 'List'} ${items.charAt(0).toLowerCase()}${items.slice(1)}`;
}

/**
 * `Lists budgets …` → `Returns a list of budgets …`, as Make's reviewers have it.
 * https://developers.make.com/custom-apps-documentation/best-practices/naming-conventions/modules/module-descriptions
 */
export function searchDescription(description: string): string {
  return description.replace(/^Lists /, 'Returns a list of ');
}

/** `Check budget` → `Check a budget`: verb, article, item. Feedback cannot be counted, so it has no article. */
export function actionLabel(label: string): string {
  return label.replace(
    /^(\w+) (?!an? |the |feedback$)(\w+)$/,
    (_, verb: string, item: string) => `${verb} ${/^[aeiou]/i.test(item) ? 'an' : 'a'} ${item}`,
  );
}
