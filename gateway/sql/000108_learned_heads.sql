-- Calls whose two answers were compared, as hashed words and figures, sealed: no word can be read out of them. Kept for 30 days.
create table learned_samples (
  workspace_id text not null,
  livemode boolean not null,
  id text not null,
  task bytea not null,
  client_id text,
  sealed_features bytea not null,
  agreed boolean not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, livemode, id)
);
create index learned_samples_by_age on learned_samples (workspace_id, livemode, created_at);

-- The heads a workspace has learned of them. At most one version is active; the others are what it can go back to.
create table learned_heads (
  workspace_id text not null,
  livemode boolean not null,
  version integer not null,
  weights bytea not null,
  -- How they did on calls they had not seen.
  report jsonb not null,
  active boolean not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, livemode, version)
);
