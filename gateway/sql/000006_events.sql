-- What happened and is told: written in the transaction that made it so.
create table events (
  workspace_id text not null,
  id text not null,
  livemode boolean not null,
  type text not null,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  client_id text,
  project text,
  scenario_id text,
  budget_id text,
  percent smallint,
  data jsonb not null,
  primary key (workspace_id, id)
);
create index events_newest on events (workspace_id, livemode, created_at desc, id desc);

create table webhooks (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  -- The URL may hold a secret of the receiver's.
  sealed_url bytea not null,
  sealed_secret bytea not null,
  -- SHA-256 over URL, events and filter: the same subscription again is the same subscription.
  fingerprint bytea not null,
  events text[] not null,
  filter jsonb not null,
  platform text,
  external_id text,
  status text not null default 'enabled' check (status in ('enabled', 'disabled')),
  -- When deliveries began to fail and have not succeeded since.
  failing_since timestamptz,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (workspace_id, id)
);
create unique index webhooks_once on webhooks (workspace_id, livemode, fingerprint) where status = 'enabled';

create table deliveries (
  workspace_id text not null,
  id text not null,
  webhook_id text not null,
  event_id text not null,
  event_type text not null,
  body jsonb not null,
  status text not null check (status in ('pending', 'delivered', 'failed', 'dropped')),
  tries jsonb not null default '[]',
  next_try_at timestamptz,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (workspace_id, id)
);
create index deliveries_of_webhook on deliveries (workspace_id, webhook_id, created_at desc, id desc);
create index deliveries_age on deliveries (created_at);

-- What was told of provider accounts: down and recovered, each once, whoever sees it first.
create table provider_states (
  account text primary key,
  down boolean not null,
  since timestamptz not null
);
create table slow_models (
  workspace_id text not null,
  provider text not null,
  model text not null,
  told_at timestamptz not null,
  primary key (workspace_id, provider, model)
);
create index deliveries_pending on deliveries (next_try_at) where status = 'pending';
