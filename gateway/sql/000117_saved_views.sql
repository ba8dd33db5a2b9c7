-- Screens of the dashboard as people filtered them: a name, and the query string of the address.
create table saved_views (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  -- Null: the view is the workspace's, and everybody in it sees it.
  person_id text,
  screen text not null,
  name text not null,
  query text not null,
  -- The values of the query, decoded: erasing a client finds the views that name it.
  query_values text[] not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, person_id) references members (workspace_id, person_id) on delete cascade
);
create unique index saved_views_by_name on saved_views (workspace_id, livemode, screen, coalesce(person_id, ''), lower(name));
