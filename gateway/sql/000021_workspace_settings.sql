-- What a workspace says of itself: its zone and language, and how it bills. Live and test mode have a row each; what the row of
-- test mode leaves out is live's, so that documents can be tried without typing everything twice.
create table workspace_settings (
  workspace_id text not null references workspaces (id),
  livemode boolean not null,
  -- Of test mode only: the live name is in `workspaces`.
  name text,
  timezone text,
  locale text,
  billing jsonb not null default '{}',
  branding jsonb not null default '{}',
  -- The least number the next invoice of this mode gets.
  next_number bigint,
  primary key (workspace_id, livemode)
);
