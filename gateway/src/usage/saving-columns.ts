/** Columns of the sums of usage about savings. */
export const savingColumns = 'cache_hits, saved_nanos, saved_auto_nanos, saved_rules_nanos, saved_marks_nanos';

/** The same of one call. What another model saved is by the rule or by auto that chose it. */
export const savingsOfCall = `case when cache = 'hit' then 1 else 0 end, coalesce(saved_nanos, 0),
  case when chosen_by is distinct from 'rule' then coalesce(saved_route_nanos, 0) else 0 end,
  case when chosen_by = 'rule' then coalesce(saved_route_nanos, 0) else 0 end, coalesce(saved_marks_nanos, 0)`;

/** The sums over calls, to be written down. */
export const savingsOfCalls = `count(*) filter (where cache = 'hit'), coalesce(sum(saved_nanos), 0),
  coalesce(sum(saved_route_nanos) filter (where chosen_by is distinct from 'rule'), 0),
  coalesce(sum(saved_route_nanos) filter (where chosen_by = 'rule'), 0), coalesce(sum(saved_marks_nanos), 0)`;

/** The sums over sums. */
export const savingsOfSums =
  'sum(cache_hits), sum(saved_nanos), sum(saved_auto_nanos), sum(saved_rules_nanos), sum(saved_marks_nanos)';
