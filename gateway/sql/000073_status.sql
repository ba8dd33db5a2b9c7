-- The public status page: how long each part of the gateway, and each of the operator's providers, worked on each day (UTC), and incidents.
-- No customer is named here. A provider's part is its name; the gateway's parts are accepting, settling and delivering.
create table status_days (
  component text not null,
  day date not null,
  up_ms bigint not null default 0,
  degraded_ms bigint not null default 0,
  down_ms bigint not null default 0,
  primary key (component, day)
);

-- When some process last looked. After a gap no gateway was running.
create table status_watch (
  one boolean primary key default true check (one),
  watched_at timestamptz not null
);

create table incidents (
  id text primary key,
  title text not null,
  severity text not null check (severity in ('minor', 'major', 'maintenance')),
  state text not null check (state in ('investigating', 'identified', 'monitoring', 'resolved')),
  -- Of an incident that the gateway opened itself: the provider.
  component text,
  -- When that provider was last seen failing.
  last_bad_at timestamptz,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  resolved_at timestamptz
);
create unique index incidents_automatic on incidents (component) where component is not null and resolved_at is null;
create index incidents_opened on incidents (opened_at);

create table incident_updates (
  incident_id text not null references incidents (id),
  at timestamptz not null,
  state text not null,
  text text not null,
  primary key (incident_id, at)
);
