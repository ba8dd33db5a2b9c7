-- Calls that `calls` does not take (a constraint, a trigger, an index of somebody's): whole, with what Postgres says, and with what
-- adoption and the check of the ledger need. A call that is here counts by this row, whatever `calls` has of it.
create table unwritten_calls (
  workspace_id text not null,
  created_at timestamptz not null,
  id text not null,
  process_id text not null,
  status text not null,
  cost_nanos bigint not null,
  hold_nanos bigint not null,
  meters bigint[],
  -- As text: whatever stands in it is kept, also what `jsonb` refuses.
  call json not null,
  error text not null,
  noted_at timestamptz not null default now(),
  primary key (workspace_id, created_at, id)
);
