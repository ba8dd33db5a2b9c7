-- Links that show a client of the workspace its own usage, budget and invoices. The token of a link is shown once; a revoked link has no row.
create table portal_links (
  workspace_id text not null references workspaces (id),
  id text not null,
  livemode boolean not null,
  client_id text not null,
  name text not null,
  -- SHA-256 of the token, which is 256 random bits.
  token_hash bytea not null unique,
  -- Argon2id with its salt and parameters; null: none is asked for.
  password jsonb,
  -- The parts of the portal that the link shows.
  shows text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  opened_at timestamptz,
  opened_count integer not null default 0,
  primary key (workspace_id, id)
);
create index portal_links_of_client on portal_links (workspace_id, livemode, client_id);

-- A browser that has opened a link, for a day. It ends with its link.
create table portal_sessions (
  token_hash bytea primary key,
  workspace_id text not null,
  link_id text not null,
  expires_at timestamptz not null,
  foreign key (workspace_id, link_id) references portal_links (workspace_id, id) on delete cascade
);
create index portal_sessions_of_link on portal_sessions (workspace_id, link_id);
create index portal_sessions_by_end on portal_sessions (expires_at);
