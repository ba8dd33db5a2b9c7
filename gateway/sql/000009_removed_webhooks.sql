-- Subscriptions that were ended: platforms end theirs again, when a scenario is switched off, and take a 404 for a failure.
create table removed_webhooks (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  removed_at timestamptz not null default now(),
  primary key (workspace_id, id)
);
