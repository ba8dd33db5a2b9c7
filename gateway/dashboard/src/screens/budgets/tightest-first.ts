interface Budget {
  id: string;
  status: keyof typeof ranks;
  percent_used: number;
}

const ranks = { exceeded: 0, warning: 1, ok: 2 } as const;

/** Spent ones first, then by the share that is used. Pure. */
export function tightestFirst<One extends Budget>(budgets: readonly One[]): readonly One[] {
  return [...budgets].sort((a, b) => ranks[a.status] - ranks[b.status] || b.percent_used - a.percent_used);
}
