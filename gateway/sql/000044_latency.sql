-- How long calls took, as histograms that can be added up: bucket b holds the milliseconds above 1.04^(b-1) and up to 1.04^b, so a
-- percentile read from them is at most 2 % off. Written in the background with the sums of usage. Calls that did not succeed are left out.
create table latency_hours (
  workspace_id text not null,
  livemode boolean not null,
  hour timestamptz not null,
  provider text,
  model text,
  metric text not null check (metric in ('total', 'first_byte')),
  -- The buckets that are not empty, in order, and how many calls each holds.
  buckets smallint[] not null,
  counts integer[] not null
);
create index latency_hours_place on latency_hours (workspace_id, livemode, hour);
create index latency_hours_hour on latency_hours (hour);

-- Whole days (UTC): a row for each client, and one for all calls.
create table latency_days (
  workspace_id text not null,
  livemode boolean not null,
  day timestamptz not null,
  all_clients boolean not null,
  client_id text,
  provider text,
  model text,
  metric text not null check (metric in ('total', 'first_byte')),
  buckets smallint[] not null,
  counts integer[] not null
);
create index latency_days_place on latency_days (workspace_id, livemode, all_clients, day);
create index latency_days_day on latency_days (day);

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column latency_until timestamptz;
