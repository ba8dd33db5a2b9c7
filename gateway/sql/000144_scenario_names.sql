-- The names that people give to scenarios. One without a name has no row.
create table scenario_names (
  workspace_id text not null,
  livemode boolean not null,
  id text not null,
  name text not null,
  primary key (workspace_id, livemode, id)
);
