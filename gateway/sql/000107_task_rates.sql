-- How a model does at a task, by each signal: agreement, feedback, json_ok, tool_ok, retry, error. Counts, never texts.
create table task_rates (
  workspace_id text not null,
  livemode boolean not null,
  -- The hash of what the calls are for: see routing/task-key.ts.
  task bytea not null,
  model text not null,
  signal text not null,
  n bigint not null,
  -- A score may be a part of 1.
  ok_sum double precision not null,
  -- Of the answers that succeeded, thoughts included; only with the signal error, which has all calls.
  out_tokens_sum bigint not null default 0,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, livemode, task, model, signal)
);
create index task_rates_by_age on task_rates (workspace_id, livemode, updated_at);

-- Up to when the calls are counted in task_rates.
create table task_rates_until (
  one boolean primary key default true check (one),
  until timestamptz not null
);

-- What the pairs of a task say about a small model beside a strong one: see routing/task-claim.ts.
create table task_claims (
  workspace_id text not null,
  livemode boolean not null,
  task bytea not null,
  -- The type of the task, as it was guessed.
  topic text not null,
  weak text not null,
  strong text not null,
  pairs integer not null,
  agreed integer not null,
  lower double precision not null,
  upper double precision not null,
  -- The latest 200 pairs, the newest last: 1 for one that agrees.
  recent text not null,
  -- Since when the claim reaches the dial of the workspace; null where it does not.
  cleared_at timestamptz,
  -- When the latest pairs took that back.
  withdrawn_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, livemode, task, weak, strong)
);
create index task_claims_by_age on task_claims (workspace_id, livemode, updated_at);

-- The budget of the second answers: what they have cost in a day, and what those under way may cost at most.
create table shadow_days (
  workspace_id text not null,
  livemode boolean not null,
  day date not null,
  spent_nanos bigint not null,
  calls integer not null,
  primary key (workspace_id, livemode, day)
);
