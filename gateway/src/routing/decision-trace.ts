/** The reasons behind a decision, for `POST /v1/routing/explain`. A call is decided without one. */
export interface DecisionTrace {
  steps: { step: string; outcome: string; because: string }[];
  rules: { id: string; matched: boolean; because: string }[];
}

export function newTrace(): DecisionTrace {
  return { steps: [], rules: [] };
}
