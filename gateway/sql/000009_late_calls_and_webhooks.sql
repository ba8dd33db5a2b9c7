-- Subscriptions that were ended: platforms end theirs again, when a scenario is switched off, and take a 404 for a failure.
create table removed_webhooks (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  removed_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

-- What a budget must be bound to for its events to be told here: the locked tags of the key that subscribed. A client's call
-- may pass a limit that is not the client's own.
alter table webhooks add column bound jsonb not null default '{}';

-- Without a key: whoever writes a late call waits for nobody who is summing its hour up.
alter table usage_stale_hours drop constraint usage_stale_hours_pkey;
create index usage_stale_hours_hour on usage_stale_hours (hour);
