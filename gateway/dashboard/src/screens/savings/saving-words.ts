/** Savings in words. Pure. */

export const savingGroups = ['day', 'client', 'task', 'model'] as const;
export type SavingGroup = (typeof savingGroups)[number];

export const groupTitles: Readonly<Record<SavingGroup, string>> = {
  day: 'Day',
  client: 'Client',
  task: 'Task',
  model: 'Model',
};

export const parts = {
  auto: 'Auto',
  rules: 'Rules',
  provider_cache: 'Provider caches',
  response_cache: 'Response cache',
} as const;

export type Part = keyof typeof parts;
export const partNames = Object.keys(parts) as Part[];

type Saved = Readonly<Record<Part, number>>;

export interface Evidence {
  pairs: number;
  agreement: number;
  lower: number;
  judged?: boolean | undefined;
}

export function sumOf(saved: Saved): number {
  return partNames.reduce((sum, part) => sum + saved[part], 0);
}

/** Of what the calls would have cost. Undefined where nothing was spent or saved. */
export function shareSaved(saved: Saved, cost: number): number | undefined {
  const before = cost + sumOf(saved);
  return before <= 0 ? undefined : Math.round((sumOf(saved) / before) * 100);
}

export const notMeasured = 'price difference, quality not measured';

export function sayEvidence(evidence: Evidence | null): string {
  if (evidence === null) return notMeasured;
  const { pairs, agreement, lower, judged } = evidence;
  const share = judged === true ? `judged as good in ${percent(agreement)}` : `agrees in ${percent(agreement)}`;
  return `${share} of ${pairs} pairs, at least ${percent(lower)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** How much of what auto saved has evidence, by the rows of tasks. */
export function splitAuto(rows: readonly { saved_usd: Saved; evidence: Evidence | null }[]): {
  measured: number;
  others: number;
} {
  return rows.reduce(
    ({ measured, others }, { saved_usd: saved, evidence }) =>
      evidence === null ? { measured, others: others + saved.auto } : { measured: measured + saved.auto, others },
    { measured: 0, others: 0 },
  );
}
