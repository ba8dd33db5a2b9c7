-- Calls that somebody has stopped, until it is taken back: all of a workspace, or those of one client.
create table stops (
  workspace_id text not null,
  livemode boolean not null,
  -- '' for all calls of the workspace.
  client_id text not null default '',
  reason text,
  by_type text not null,
  by_id text not null,
  -- By a key that is locked to the client: such a key may take it back.
  by_client boolean not null,
  since timestamptz not null default clock_timestamp(),
  primary key (workspace_id, livemode, client_id)
);
