-- A key that was rolled has a new text and keeps its id, so that its budgets and usage stay. The text before is known here for ever: it
-- may live on for a while, and a start that names it must not make it a key again.
create table rolled_keys (
  hash bytea primary key,
  workspace_id text not null,
  key_id text not null,
  lives_until timestamptz not null
);
create index rolled_keys_of_key on rolled_keys (workspace_id, key_id);

alter table api_keys add column last_used_at timestamptz;
