-- Chat completions that are answered by a callback. A row is whole before 202 is said, so nothing promised is forgotten.
create table background_calls (
  workspace_id text not null,
  id text not null,
  livemode boolean not null,
  key_id text not null,
  created_at timestamptz not null default now(),
  process_id text,
  state text not null check (state in ('queued', 'running', 'completed', 'failed')),
  callback_url text not null,
  -- Sealed: the request as it came with its tags, the signing secret, and the answer. All are somebody's text or a key.
  sealed_request bytea not null,
  sealed_secret bytea not null,
  sealed_outcome bytea,
  -- Deliveries of the outcome: how many were tried, when the next is due (null: none), how it ended.
  tries integer not null default 0,
  next_try_at timestamptz,
  delivered_at timestamptz,
  primary key (workspace_id, id)
);
create index background_calls_queued on background_calls (created_at) where state in ('queued', 'running');
create index background_calls_due on background_calls (next_try_at) where next_try_at is not null;
