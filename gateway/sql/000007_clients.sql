-- Everything calls are tagged with, from its first call on.
create table tag_values (
  workspace_id text not null,
  livemode boolean not null,
  kind text not null check (kind in ('client', 'project', 'scenario')),
  id text not null,
  first_call_at timestamptz not null,
  last_call_at timestamptz not null,
  -- Of scenarios.
  platform text,
  primary key (workspace_id, livemode, kind, id)
);

-- How clients are billed; one that was never set up has no row.
create table clients (
  workspace_id text not null,
  livemode boolean not null,
  id text not null,
  name text,
  markup_percent double precision not null default 0,
  currency text not null default 'USD',
  exchange_rate double precision not null default 1,
  billing_email text,
  rate_limit jsonb,
  notes text,
  primary key (workspace_id, livemode, id)
);

create table invoices (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  number bigint not null,
  kind text not null check (kind in ('invoice', 'credit_note')),
  status text not null check (status in ('issued', 'void')),
  client_id text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- The whole document as it was issued.
  document jsonb not null,
  issued_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (workspace_id, id),
  unique (workspace_id, livemode, number)
);
create index invoices_of_client on invoices (workspace_id, livemode, client_id);

-- Calls of whole hours and of whole days (UTC), summed: what usage over long ranges is read from.
create table usage_hours (
  workspace_id text not null,
  livemode boolean not null,
  hour timestamptz not null,
  client_id text,
  project text,
  scenario_id text,
  key_id text not null,
  model text,
  metered boolean not null,
  requests bigint not null,
  estimated_requests bigint not null,
  input_tokens bigint not null,
  cached_tokens bigint not null,
  output_tokens bigint not null,
  cost_nanos bigint not null
);
create index usage_hours_place on usage_hours (workspace_id, livemode, hour);
create index usage_hours_hour on usage_hours (hour);
create table usage_days (like usage_hours);
alter table usage_days rename column hour to day;
create index usage_days_place on usage_days (workspace_id, livemode, day);
create index usage_days_day on usage_days (day);

-- Hours before `until` are summed; days before the day `until` is in. Calls that change afterwards (adopted orphans) put
-- their hour into `usage_stale_hours`.
create table usage_rollup (
  one boolean primary key default true check (one),
  until timestamptz not null
);
create table usage_stale_hours (hour timestamptz primary key);
