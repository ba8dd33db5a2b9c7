-- Calls in a file of DATA_DIR (neither `calls` nor `unwritten_calls` took them) whose money is posted: noted in the transaction that posts it,
-- so that whoever takes the file in, after a crash or a restore, charges each call once. A row goes when its call is taken in.
create table filed_postings (
  workspace_id text not null,
  created_at timestamptz not null,
  id text not null,
  cost_nanos bigint not null,
  primary key (workspace_id, created_at, id)
);
