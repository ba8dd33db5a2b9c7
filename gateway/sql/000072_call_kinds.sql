-- When the calls of each model, provider, status and size of cost came in, with and without a failover: beside `call_groups`, which knows
-- their tags. Calls are filtered by both. Written with the sums of whole hours, in the background; calls that are there already follow.
create table call_kinds (
  id bigint generated always as identity primary key,
  -- Of all the columns below up to `cost_step`.
  fingerprint uuid not null unique,
  workspace_id text not null,
  livemode boolean not null,
  model text,
  provider text,
  failed_over boolean not null,
  status text not null,
  -- Costs of one step are less than twice as large as one another; 0 where a call cost nothing.
  cost_step smallint not null,
  -- At least as many as there are: an hour that is read a second time is counted a second time.
  calls bigint not null,
  first_hour timestamptz not null,
  last_hour timestamptz not null
) with (fillfactor = 70);
create index call_kinds_place on call_kinds (workspace_id, livemode);

create table call_kind_times (
  kind_id bigint not null,
  hour timestamptz not null,
  -- Milliseconds from the hour.
  offsets integer[] not null,
  primary key (kind_id, hour)
);
create index call_kind_times_hour on call_kind_times (hour);

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column kinds_until timestamptz;
