-- A budget as people change it: made, changed, raised, and a raise taken back. Names are looked up when it is shown.
create table budget_changes (
  workspace_id text not null,
  budget_id text not null,
  id text not null,
  kind text not null check (kind in ('created', 'changed', 'raise', 'raise_undone')),
  at timestamptz not null default clock_timestamp(),
  -- Of this kind (key, person, operator, …) and with this id; null for a change that nobody asked for.
  by_type text,
  by_id text,
  -- The limit in the period that was running.
  before_nanos bigint,
  after_nanos bigint not null,
  -- Of a raise, and of one that is taken back: how much it is about, for how long, and the period it ends with.
  by_nanos bigint,
  until text check (until in ('period_end', 'forever')),
  period_end timestamptz,
  -- Of one that is taken back: which. A raise is taken back once.
  raise_id text,
  -- Of a change: the names of the fields.
  fields text[],
  primary key (workspace_id, id),
  unique (workspace_id, raise_id)
);
create index budget_changes_of_budget on budget_changes (workspace_id, budget_id, at);
