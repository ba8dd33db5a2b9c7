-- Answers that calls asked to keep. The text is sealed; the key is a hash of everything that the answer depends on.
create table cached_answers (
  workspace_id text not null,
  key bytea not null,
  livemode boolean not null,
  client_id text,
  project text,
  dialect text not null,
  streamed boolean not null,
  model text not null,
  provider text not null,
  prompt_id text,
  prompt_version integer,
  sealed_body bytea not null,
  -- Of the answer itself, before it is sealed.
  bytes integer not null,
  -- The bytes of a stream's last event, which leaves after the call is on record.
  tail_bytes integer not null default 0,
  -- Parameters that the first answer went without.
  dropped text[] not null default '{}',
  usage jsonb not null,
  cost_nanos bigint not null,
  -- The epoch that the key was made in: rows of an earlier one are found by nobody, and deleted.
  epoch integer not null,
  -- Both by the clock of the database.
  created_at timestamptz not null,
  expires_at timestamptz not null,
  hits bigint not null default 0,
  primary key (workspace_id, key)
);
create index cached_answers_expiring on cached_answers (workspace_id, livemode, expires_at) include (bytes);
create index cached_answers_expired on cached_answers (expires_at);

-- Raised by a deletion without filters: no answer that was kept before is found again, by any process. Test mode has its own.
alter table workspaces
  add column cache_epoch integer not null default 0,
  add column test_cache_epoch integer not null default 0;

-- What calls of the key keep where they do not say: {"ttl_seconds": 3600, "scope": "client"}.
alter table api_keys add column response_cache jsonb;
