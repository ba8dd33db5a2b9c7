-- The sums of a unit over all hours of `experiment_units`, which the triggers below keep: results are read from a row for each unit, however many
-- hours and weeks its calls are spread over. In the database, since gateways of an older version sum hours beside this one.
create table experiment_totals (
  workspace_id text not null,
  experiment_id text not null,
  phase integer not null,
  livemode boolean not null,
  unit bytea not null,
  arm text not null,
  calls bigint not null,
  downgraded bigint not null,
  fallbacks bigint not null,
  errors bigint not null,
  cost_nanos bigint not null,
  cost_n bigint not null,
  log_cost_sum double precision not null,
  json_n bigint not null,
  json_ok bigint not null,
  ms_n bigint not null,
  ms_sum bigint not null,
  log_ms_sum double precision not null,
  ttft_n bigint not null,
  log_ttft_sum double precision not null,
  tokens_n bigint not null,
  log_tokens_sum double precision not null,
  fb_n bigint not null,
  fb_sum double precision not null,
  primary key (workspace_id, experiment_id, phase, livemode, unit, arm)
);

insert into experiment_totals (workspace_id, experiment_id, phase, livemode, unit, arm, calls, downgraded, fallbacks, errors, cost_nanos, cost_n, log_cost_sum, json_n, json_ok, ms_n, ms_sum, log_ms_sum, ttft_n, log_ttft_sum,
  tokens_n, log_tokens_sum, fb_n, fb_sum)
select workspace_id, experiment_id, phase, livemode, unit, arm, sum(calls)::bigint, sum(downgraded)::bigint, sum(fallbacks)::bigint, sum(errors)::bigint, sum(cost_nanos)::bigint, sum(cost_n)::bigint,
  sum(log_cost_sum), sum(json_n)::bigint, sum(json_ok)::bigint, sum(ms_n)::bigint, sum(ms_sum)::bigint, sum(log_ms_sum), sum(ttft_n)::bigint,
  sum(log_ttft_sum), sum(tokens_n)::bigint, sum(log_tokens_sum), sum(fb_n)::bigint, sum(fb_sum)
from experiment_units group by workspace_id, experiment_id, phase, livemode, unit, arm;

create function add_experiment_totals() returns trigger language plpgsql as $$
begin
  insert into experiment_totals as t (workspace_id, experiment_id, phase, livemode, unit, arm, calls, downgraded, fallbacks, errors, cost_nanos, cost_n, log_cost_sum, json_n, json_ok, ms_n, ms_sum, log_ms_sum, ttft_n, log_ttft_sum,
    tokens_n, log_tokens_sum, fb_n, fb_sum)
  select workspace_id, experiment_id, phase, livemode, unit, arm, sum(calls)::bigint, sum(downgraded)::bigint, sum(fallbacks)::bigint, sum(errors)::bigint, sum(cost_nanos)::bigint, sum(cost_n)::bigint,
    sum(log_cost_sum), sum(json_n)::bigint, sum(json_ok)::bigint, sum(ms_n)::bigint, sum(ms_sum)::bigint, sum(log_ms_sum),
    sum(ttft_n)::bigint, sum(log_ttft_sum), sum(tokens_n)::bigint, sum(log_tokens_sum), sum(fb_n)::bigint, sum(fb_sum)
  from added group by workspace_id, experiment_id, phase, livemode, unit, arm
  on conflict (workspace_id, experiment_id, phase, livemode, unit, arm) do update set calls = t.calls + excluded.calls, downgraded = t.downgraded + excluded.downgraded, fallbacks = t.fallbacks + excluded.fallbacks,
    errors = t.errors + excluded.errors, cost_nanos = t.cost_nanos + excluded.cost_nanos, cost_n = t.cost_n + excluded.cost_n,
    log_cost_sum = t.log_cost_sum + excluded.log_cost_sum, json_n = t.json_n + excluded.json_n, json_ok = t.json_ok + excluded.json_ok,
    ms_n = t.ms_n + excluded.ms_n, ms_sum = t.ms_sum + excluded.ms_sum, log_ms_sum = t.log_ms_sum + excluded.log_ms_sum,
    ttft_n = t.ttft_n + excluded.ttft_n, log_ttft_sum = t.log_ttft_sum + excluded.log_ttft_sum, tokens_n = t.tokens_n + excluded.tokens_n,
    log_tokens_sum = t.log_tokens_sum + excluded.log_tokens_sum, fb_n = t.fb_n + excluded.fb_n, fb_sum = t.fb_sum + excluded.fb_sum;
  return null;
end $$;
create trigger add_experiment_totals after insert on experiment_units referencing new table as added
  for each statement execute function add_experiment_totals();

create function take_experiment_totals() returns trigger language plpgsql as $$
begin
  with gone as (
    select workspace_id, experiment_id, phase, livemode, unit, arm, sum(calls)::bigint as calls, sum(downgraded)::bigint as downgraded, sum(fallbacks)::bigint as fallbacks, sum(errors)::bigint as errors,
      sum(cost_nanos)::bigint as cost_nanos, sum(cost_n)::bigint as cost_n, sum(log_cost_sum) as log_cost_sum, sum(json_n)::bigint as json_n,
      sum(json_ok)::bigint as json_ok, sum(ms_n)::bigint as ms_n, sum(ms_sum)::bigint as ms_sum, sum(log_ms_sum) as log_ms_sum,
      sum(ttft_n)::bigint as ttft_n, sum(log_ttft_sum) as log_ttft_sum, sum(tokens_n)::bigint as tokens_n,
      sum(log_tokens_sum) as log_tokens_sum, sum(fb_n)::bigint as fb_n, sum(fb_sum) as fb_sum
    from removed group by workspace_id, experiment_id, phase, livemode, unit, arm)
  update experiment_totals t set calls = t.calls - gone.calls, downgraded = t.downgraded - gone.downgraded, fallbacks = t.fallbacks - gone.fallbacks,
    errors = t.errors - gone.errors, cost_nanos = t.cost_nanos - gone.cost_nanos, cost_n = t.cost_n - gone.cost_n,
    log_cost_sum = t.log_cost_sum - gone.log_cost_sum, json_n = t.json_n - gone.json_n, json_ok = t.json_ok - gone.json_ok,
    ms_n = t.ms_n - gone.ms_n, ms_sum = t.ms_sum - gone.ms_sum, log_ms_sum = t.log_ms_sum - gone.log_ms_sum, ttft_n = t.ttft_n - gone.ttft_n,
    log_ttft_sum = t.log_ttft_sum - gone.log_ttft_sum, tokens_n = t.tokens_n - gone.tokens_n,
    log_tokens_sum = t.log_tokens_sum - gone.log_tokens_sum, fb_n = t.fb_n - gone.fb_n, fb_sum = t.fb_sum - gone.fb_sum
  from gone where t.workspace_id = gone.workspace_id and t.experiment_id = gone.experiment_id and t.phase = gone.phase
    and t.livemode = gone.livemode and t.unit = gone.unit and t.arm = gone.arm;
  delete from experiment_totals t using removed r
  where t.workspace_id = r.workspace_id and t.experiment_id = r.experiment_id and t.phase = r.phase
    and t.livemode = r.livemode and t.unit = r.unit and t.arm = r.arm and t.calls = 0 and t.downgraded = 0;
  return null;
end $$;
create trigger take_experiment_totals after delete on experiment_units referencing old table as removed
  for each statement execute function take_experiment_totals();

create function forget_experiment_totals() returns trigger language plpgsql as $$
begin
  truncate experiment_totals;
  return null;
end $$;
create trigger forget_experiment_totals after truncate on experiment_units for each statement execute function forget_experiment_totals();
