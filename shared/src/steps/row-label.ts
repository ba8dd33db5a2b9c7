/*
 * How drop-downs name a row. Two clients may have one name, and so may two budgets, so the name does not stand alone.
 *
 * ```ts
 * import { rowLabel } from '@ai-gateway/shared/steps/row-label';
 *
 * rowLabel({ id: 'acme', name: 'Acme Inc.' }); // 'Acme Inc. (acme)'
 * rowLabel({ id: '4711', name: null, platform: 'make' }); // '4711 (make)'
 * ```
 */

/** A row of any list that fills a drop-down. */
export interface ListedRow {
  readonly id: string;
  readonly name?: string | null;
  /** Of a model: itself, its vendor and its price. */
  readonly display_name?: string;
  /** Of a scenario. */
  readonly platform?: string | null;
  /** Of a budget, as are the two below. */
  readonly scope?: Readonly<Record<string, string | null>>;
  readonly limit_usd?: number;
  readonly period?: string;
}

/** The tags of a budget, by what `*` in one of them means. */
export const scopeTags = {
  client_id: 'each client',
  project: 'each project',
  scenario_id: 'each scenario',
  key_id: 'each key',
};

/**
 * People know a client by its name, a model by its vendor and price, a scenario by where it runs, and a budget by what it limits.
 * The id is what they write where they type or map it.
 */
export function rowLabel({ id, name, display_name: displayName, platform, ...budget }: ListedRow): string {
  if (displayName) return displayName;
  if (budget.scope !== undefined) return budgetLabel({ name: name ?? id, ...budget });
  if (name && name !== id) return `${name} (${id})`;
  return platform ? `${id} (${platform})` : id;
}

function budgetLabel({ name, scope, limit_usd: limit, period }: Omit<ListedRow, 'id'>): string {
  const tags = Object.entries(scopeTags).flatMap(([key, each]) => {
    const tag = scope?.[key];
    return tag ? [tag === '*' ? each : tag] : [];
  });
  return [name, ...tags, `$${limit} ${period === 'total' ? 'in total' : `a ${period}`}`].join(' · ');
}
