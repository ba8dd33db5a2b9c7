-- A gateway of an older version may have summed an hour after 000162 had read the hours and before its triggers were there: the totals are made once
-- more, while nobody writes hours.
lock table experiment_units in share row exclusive mode;
truncate experiment_totals;
insert into experiment_totals (workspace_id, experiment_id, phase, livemode, unit, arm,
  calls, downgraded, fallbacks, errors, cost_nanos, cost_n, log_cost_sum, json_n, json_ok, ms_n, ms_sum, log_ms_sum, ttft_n, log_ttft_sum,
  tokens_n, log_tokens_sum, fb_n, fb_sum)
select workspace_id, experiment_id, phase, livemode, unit, arm,
  sum(calls)::bigint, sum(downgraded)::bigint, sum(fallbacks)::bigint, sum(errors)::bigint, sum(cost_nanos)::bigint, sum(cost_n)::bigint,
  sum(log_cost_sum), sum(json_n)::bigint, sum(json_ok)::bigint, sum(ms_n)::bigint, sum(ms_sum)::bigint, sum(log_ms_sum), sum(ttft_n)::bigint,
  sum(log_ttft_sum), sum(tokens_n)::bigint, sum(log_tokens_sum), sum(fb_n)::bigint, sum(fb_sum)
from experiment_units group by workspace_id, experiment_id, phase, livemode, unit, arm;
