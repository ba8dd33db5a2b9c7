-- The attempts of a call that failed before one answered. Most calls have none. Not in `calls`, whose rows are written before the last
-- byte of an answer leaves: these are written within a second.
create table call_attempts (
  workspace_id text not null,
  created_at timestamptz not null,
  call_id text not null,
  -- In order: [{"provider", "model", "error", "status", "ms"}].
  failures json not null,
  primary key (workspace_id, created_at, call_id)
);
create index call_attempts_age on call_attempts (created_at);
