import { capitalize, titleCase as inTitleCase, withoutArticles } from '@ai-gateway/shared/steps/wording';

/** The contract speaks in sentence case and whole sentences; Zapier's reviewers have rules of their own for labels. */

/** `Usage by client` → `Usage by Client`. */
export function titleCase(text: string): string {
  return inTitleCase(text, 'zapier');
}

/** `Create a budget` → `Create Budget`: verb and noun. */
export function actionLabel(label: string): string {
  return titleCase(withoutArticles(label));
}

/** A search's label begins with what it does: `List clients` → `Find Clients`, `Usage by client` → `Find Usage by Client`. */
export function searchLabel(label: string): string {
  const found = label.replace(/^(list|get) /i, 'Find ');
  return actionLabel(/^(find|check|search) /i.test(found) ? found : `Find ${uncapitalize(found)}`);
}

/** A search's description likewise: `Lists budgets …` and `Gets a budget …` → `Finds …`. */
export function searchDescription(description: string): string {
  return description.replace(/^(Lists|Gets) /, 'Finds ');
}

/** `budgets.create` → `Budget`. */
export function nounOf(operationId: string): string {
  return capitalize((operationId.split('.')[0] ?? operationId).replace(/s$/, '').replaceAll('_', ' '));
}

/** The key of an operation, or of the list behind a drop-down, in the app: `budgets.check` → `budgets_check`. */
export function keyOf(operationId: string): string {
  return operationId.replaceAll(/[^a-zA-Z0-9]+/g, '_');
}

/** Help that only repeats the label is none. */
export function helpBeside(label: string, help: string): string | undefined {
  const bare = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, ' ')
      .trim();
  return help.trim() === '' || bare(help) === bare(label) ? undefined : help.trim().slice(0, 1000);
}

function uncapitalize(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
