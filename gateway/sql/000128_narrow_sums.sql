-- The sums of usage_hours and usage_days again, by few columns at a time: a chart by client reads a row for each client, not one for each of
-- its scenarios, keys and models. `kind` says which columns a row is of; the others are null. Made from usage_hours, by the gateway, in the background.
create table usage_narrow_hours (
  workspace_id text not null,
  livemode boolean not null,
  kind text not null check (kind in ('client', 'project', 'scenario', 'key', 'model')),
  hour timestamptz not null,
  client_id text,
  project text,
  scenario_id text,
  scenario_platform text,
  key_id text,
  model text,
  provider text,
  metered boolean,
  requests bigint not null,
  estimated_requests bigint not null,
  input_tokens bigint not null,
  cached_tokens bigint not null,
  output_tokens bigint not null,
  cost_nanos bigint not null,
  second_answers bigint not null,
  second_cost_nanos bigint not null,
  cache_hits bigint not null,
  saved_nanos bigint not null,
  saved_auto_nanos bigint not null,
  saved_rules_nanos bigint not null,
  saved_marks_nanos bigint not null
);
create index usage_narrow_hours_place on usage_narrow_hours (workspace_id, livemode, kind, hour);
create index usage_narrow_hours_hour on usage_narrow_hours (hour);

create table usage_narrow_days (like usage_narrow_hours including constraints);
alter table usage_narrow_days rename column hour to day;
create index usage_narrow_days_place on usage_narrow_days (workspace_id, livemode, kind, day);
create index usage_narrow_days_day on usage_narrow_days (day);

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column narrow_until timestamptz;
