-- When the calls of each combination of tags, key and status came in: a filter that few calls match is answered from these, not by
-- reading every call of the range. Written with the sums of whole hours, in the background: an index on `calls` itself would cost
-- every call of the hot path.
create table call_groups (
  id bigint generated always as identity primary key,
  -- Of all the columns below up to `status`: one value to find a combination by, although most of them may be null.
  fingerprint uuid not null unique,
  workspace_id text not null,
  livemode boolean not null,
  client_id text,
  project text,
  scenario_id text,
  scenario_platform text,
  key_id text not null,
  status text not null,
  -- At least as many as there are: an hour that is read a second time is counted a second time.
  calls bigint not null,
  first_hour timestamptz not null,
  last_hour timestamptz not null
) with (fillfactor = 70);
create index call_groups_client on call_groups (workspace_id, livemode, client_id);
create index call_groups_project on call_groups (workspace_id, livemode, project);
create index call_groups_scenario on call_groups (workspace_id, livemode, scenario_id);
create index call_groups_key on call_groups (workspace_id, livemode, key_id);

create table call_times (
  group_id bigint not null,
  hour timestamptz not null,
  -- Milliseconds from the hour.
  offsets integer[] not null,
  primary key (group_id, hour)
);
create index call_times_hour on call_times (hour);

-- Executions are too many for a row each: 256 rows an hour hold all of them, each entry 32 bits of the execution's hash before the
-- milliseconds from the hour.
create table execution_times (
  workspace_id text not null,
  livemode boolean not null,
  bucket smallint not null,
  hour timestamptz not null,
  entries bigint[] not null,
  primary key (workspace_id, livemode, bucket, hour)
);
create index execution_times_hour on execution_times (hour);

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column timed_until timestamptz;
