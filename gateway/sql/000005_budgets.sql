-- The last batch of the journal a process has posted: a batch that is repeated after a lost connection changes nothing.
alter table processes add column posted_batch bigint not null default 0;

alter table calls
  -- The meters the call was held on and is charged to, so that every budget can be recomputed from its calls.
  add column meters bigint[],
  -- Went out on the operator's provider keys: counted by the plan.
  add column metered boolean not null default false;

create table budgets (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  name text not null,
  -- What it counts: calls with all of these; '*' means one meter for each value there is.
  client_id text,
  project text,
  scenario_id text,
  key_id text,
  limit_nanos bigint not null check (limit_nanos > 0),
  period text not null check (period in ('day', 'week', 'month', 'total')),
  timezone text not null,
  thresholds smallint[] not null,
  on_limit text not null check (on_limit in ('block', 'notify', 'downgrade')),
  -- Raised until the end of the period that ends then.
  extra_nanos bigint not null default 0,
  extra_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  primary key (workspace_id, id)
);

-- One budget's count in one period, for one value of its '*' tags. spent + leased never passes the limit by a lease.
create table meters (
  id bigint generated always as identity primary key,
  workspace_id text not null,
  budget_id text not null,
  -- JSON of the values its '*' tags stand for; '' where there are none.
  instance text not null,
  period text not null,
  period_start timestamptz not null,
  period_end timestamptz,
  limit_nanos bigint not null,
  spent_nanos bigint not null default 0,
  leased_nanos bigint not null default 0,
  -- Percents that were told in this period.
  told smallint[] not null default '{}',
  -- Spent from here on, the next percent is to be told; null when all are.
  next_nanos bigint,
  ended boolean not null default false,
  unique (workspace_id, budget_id, instance, period, period_start)
);
create index meters_ending on meters (period_end) where not ended;

-- Money a process has borrowed from a meter to admit calls with: its calls are held and settled in memory against it.
create table leases (
  process_id text not null,
  meter_id bigint not null,
  amount_nanos bigint not null,
  -- Of it, what calls under way hold, as of the last time the process wrote.
  held_nanos bigint not null default 0,
  primary key (process_id, meter_id)
);
create index leases_of_meter on leases (meter_id);
