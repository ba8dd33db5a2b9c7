-- Experiments compare two to five arms on a workspace's own calls.
create table experiments (
  workspace_id text not null,
  id text not null,
  livemode boolean not null,
  -- As it was given: name, when, unit, arms, metric, goal, guards, priority.
  spec jsonb not null,
  -- Which of the 10,000 buckets belong to which arm: [{"arm": "A", "from": 0, "to": 5000}, …].
  ranges jsonb not null,
  -- Keys the hash of a unit: two experiments divide the same units independently.
  salt bytea not null,
  -- Grows by one with each change of more than a weight. Sums never mix phases.
  phase integer not null default 1 check (phase between 1 and 65535),
  state text not null check (state in ('draft', 'running', 'stopped', 'adopted')),
  created_at timestamptz not null,
  started_at timestamptz,
  -- The present phase.
  phase_at timestamptz,
  stopped_at timestamptz,
  -- The decision of this phase, in words and numbers; null while it is too early.
  verdict jsonb,
  -- The arms that a guard has stopped in this phase: [{"arm", "guard", "at", "text"}].
  stopped_arms jsonb not null default '[]',
  -- The arm that was adopted: {"arm", "rule_id" | "prompt_id", "version", "by", "at"}.
  adopted jsonb,
  created_by text not null,
  primary key (workspace_id, id)
);
create unique index experiments_name on experiments (workspace_id, livemode, (spec->>'name')) where state in ('draft', 'running');
create index experiments_running on experiments (workspace_id) where state = 'running';

-- When a process looks at a running experiment next: one of them at a time.
create table experiment_looks (
  workspace_id text not null,
  experiment_id text not null,
  next_look_at timestamptz not null,
  primary key (workspace_id, experiment_id)
);

-- The sums of a unit's calls in one hour. Written with the sums of whole hours; the newest calls are added when they are read.
create table experiment_units (
  workspace_id text not null,
  experiment_id text not null,
  phase integer not null,
  livemode boolean not null,
  hour timestamptz not null,
  -- Two bytes of the phase, then the hash. Without a hash: calls that have no such unit.
  unit bytea not null,
  -- Empty for calls outside of every arm.
  arm text not null,
  calls bigint not null,
  -- Made while a budget was low and sent to the cheapest model: in none of the other sums.
  downgraded bigint not null,
  -- Answered after another candidate had failed.
  fallbacks bigint not null,
  errors bigint not null,
  cost_nanos bigint not null,
  -- Logarithms leave out calls that cost nothing or failed, so each has its own count.
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
  primary key (workspace_id, experiment_id, phase, livemode, hour, unit, arm)
);
create index experiment_units_hour on experiment_units (hour);

-- Hours before this are in `experiment_units`. Calls from before this version belong to no experiment.
alter table usage_rollup add column units_until timestamptz;
update usage_rollup set units_until = until;
