-- Workspaces that were deleted: what calls under way write afterwards is deleted too, and a database that is restored from before
-- has them deleted again.
create table erased_workspaces (
  id text primary key,
  erased_at timestamptz not null,
  -- Null once nothing of it is under way any more.
  next_sweep_at timestamptz
);
create index erased_workspaces_sweeping on erased_workspaces (next_sweep_at) where next_sweep_at is not null;
