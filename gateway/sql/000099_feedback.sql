-- Opinions of the answer to a call: one score for each name, and the last one counts.
create table feedback (
  workspace_id text not null,
  call_id text not null,
  name text not null,
  livemode boolean not null,
  -- From 0 (useless) to 1 (right).
  score double precision not null check (score between 0 and 1),
  -- Sealed with GATEWAY_SECRET.
  sealed_comment bytea,
  key_id text not null,
  at timestamptz not null,
  -- Of the call, so that its month is known and a client can be erased.
  call_at timestamptz not null,
  client_id text,
  primary key (workspace_id, call_id, name)
);
create index feedback_age on feedback (call_at);
create index feedback_client on feedback (workspace_id, client_id) where sealed_comment is not null;

-- Feedback on a call of an experiment: the sums of its hour are made again. Without a key, so that no feedback waits for a job.
create table experiment_marks (
  workspace_id text not null,
  experiment_id text not null,
  hour timestamptz not null
);
create index experiment_marks_hour on experiment_marks (hour);
