create table scenario_states (
  workspace_id text not null,
  livemode boolean not null,
  id text not null,
  state text not null check (state in ('running', 'paused')),
  reason text,
  paused_by text,
  since timestamptz,
  -- How the stop at the platform went: {ok, answer, at}.
  source_stop jsonb,
  -- Calls before this count for no limit: resuming clears the counters.
  counted_from timestamptz,
  primary key (workspace_id, livemode, id)
);

-- '*' holds the limits of all that have none of their own. Null: no such limit.
create table scenario_limits (
  workspace_id text not null,
  livemode boolean not null,
  id text not null,
  max_nanos_per_hour bigint,
  max_calls_per_minute integer,
  max_repeats integer,
  primary key (workspace_id, livemode, id)
);

create table rate_limits (
  workspace_id text not null,
  livemode boolean not null,
  kind text not null check (kind in ('key', 'client', 'scenario')),
  -- '*' for each.
  id text not null,
  calls_per_minute integer,
  tokens_per_minute bigint,
  concurrent integer,
  primary key (workspace_id, livemode, kind, id)
);

create table connections (
  workspace_id text not null references workspaces (id),
  id text not null,
  platform text not null check (platform in ('make', 'n8n')),
  base_url text not null,
  sealed_token bytea not null,
  token_hint text not null,
  team_id text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id)
);
