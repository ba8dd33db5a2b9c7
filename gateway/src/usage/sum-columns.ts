/**
 * The figures that sums of usage have, the same over one call, over calls and over sums. Nobody but the gateway asks for second answers (`shadow_of`):
 * they are in no figure but their own two.
 */

/** The savings of calls. */
const ofSavings = ['cache_hits', 'saved_nanos', 'saved_auto_nanos', 'saved_rules_nanos', 'saved_marks_nanos'] as const;
const figures = [
  'requests',
  'estimated_requests',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'cost_nanos',
  'second_answers',
  'second_cost_nanos',
  ...ofSavings,
] as const;
type Figure = (typeof figures)[number];

const isAsked = 'shadow_of is null';
const when = (condition: string, value: string): string => `case when ${condition} then ${value} else 0 end`;

/** Of a finished call. Savings by another model are those of the rule or of auto that chose it. */
const ofOne: Readonly<Record<Figure, string>> = {
  requests: when(isAsked, '1'),
  estimated_requests: when(`estimated and ${isAsked}`, '1'),
  input_tokens: when(isAsked, 'input_tokens'),
  cached_tokens: when(isAsked, 'cached_tokens'),
  output_tokens: when(isAsked, 'output_tokens'),
  cost_nanos: when(isAsked, 'cost_nanos'),
  second_answers: when('shadow_of is not null', '1'),
  second_cost_nanos: when('shadow_of is not null', 'cost_nanos'),
  cache_hits: when(`cache = 'hit'`, '1'),
  saved_nanos: 'coalesce(saved_nanos, 0)',
  saved_auto_nanos: when(`chosen_by is distinct from 'rule'`, 'coalesce(saved_route_nanos, 0)'),
  saved_rules_nanos: when(`chosen_by = 'rule'`, 'coalesce(saved_route_nanos, 0)'),
  saved_marks_nanos: 'coalesce(saved_marks_nanos, 0)',
};

export const sumColumns = figures.join(', ');
/** Of the type that sums have: a union of the same types reads only the columns that are asked for. */
export const sumsOfCall = figures.map((figure) => `(${ofOne[figure]})::bigint`).join(', ');
export const sumsOfCalls = figures.map((figure) => `sum(${ofOne[figure]})`).join(', ');
export const sumsOfSums = figures.map((figure) => `sum(${figure})`).join(', ');
export const savingColumns = ofSavings.join(', ');

/** Figures that sums by task have. `moved_nanos` is what `auto` saved or lost, without its sign. */
export const taskFigures = [
  'requests',
  'cost_nanos',
  'saved_nanos',
  'saved_auto_nanos',
  'saved_rules_nanos',
  'saved_marks_nanos',
  'moved_nanos',
] as const;
export type TaskFigure = (typeof taskFigures)[number];

export const taskFiguresOfCall: Readonly<Record<TaskFigure, string>> = {
  ...ofOne,
  moved_nanos: `abs(${ofOne.saved_auto_nanos})`,
};
