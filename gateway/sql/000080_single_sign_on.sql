-- Single sign-on: identity providers of a workspace, the mail domains it has proven, and what an identity provider provisions.
create table sso_connections (
  workspace_id text not null references workspaces (id),
  id text not null unique,
  -- The connection's address is /auth/sso/SLUG, which names no workspace: unique over all of them.
  slug text not null unique,
  name text not null,
  protocol text not null check (protocol in ('oidc', 'saml')),
  provider text not null check (provider in ('entra', 'google', 'okta', 'other')),
  issuer text,
  client_id text,
  -- AES-256-GCM, with workspace, connection and issuer as additional data: moved to another issuer it does not open.
  sealed_secret bytea,
  idp_entity_id text,
  sso_url text,
  certificate text,
  domains text[] not null default '{}',
  default_role text check (default_role in ('owner', 'member', 'viewer')),
  group_roles jsonb not null default '[]',
  session_hours integer not null default 24,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

create table domains (
  workspace_id text not null references workspaces (id),
  id text not null unique,
  -- Lower case, ASCII.
  domain text not null,
  token text not null,
  verified_at timestamptz,
  -- Who says so: the TXT record, or the operator.
  verified_by text check (verified_by in ('dns', 'operator')),
  sso_required boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, domain)
);
create unique index domains_verified_once on domains (domain) where verified_at is not null;

-- What was used once and counts for nothing again: states, SAML request and assertion ids. Forgotten when none of them could be valid any more.
create table sso_used (
  id bytea primary key,
  expires_at timestamptz not null
);
create index sso_used_over on sso_used (expires_at);

create table scim_tokens (
  workspace_id text not null,
  id text not null,
  connection_id text not null,
  name text not null,
  -- SHA-256: tokens are 256 random bits.
  hash bytea not null unique,
  hint text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, connection_id) references sso_connections (workspace_id, id) on delete cascade
);

create table scim_users (
  workspace_id text not null,
  connection_id text not null,
  id text not null,
  person_id text not null,
  -- Lower case: an address of one of the connection's domains.
  user_name text not null,
  external_id text,
  active boolean not null default true,
  -- Names and the like as they came; nothing of it decides anything.
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, connection_id, id),
  unique (workspace_id, connection_id, user_name),
  foreign key (workspace_id, connection_id) references sso_connections (workspace_id, id) on delete cascade
);
create index scim_users_external on scim_users (workspace_id, connection_id, external_id);
create index scim_users_person on scim_users (workspace_id, person_id);

create table scim_groups (
  workspace_id text not null,
  connection_id text not null,
  id text not null,
  display_name text not null,
  external_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, connection_id, id),
  foreign key (workspace_id, connection_id) references sso_connections (workspace_id, id) on delete cascade
);
create unique index scim_groups_name on scim_groups (workspace_id, connection_id, lower(display_name));

create table scim_group_members (
  workspace_id text not null,
  connection_id text not null,
  group_id text not null,
  user_id text not null,
  primary key (workspace_id, connection_id, group_id, user_id),
  foreign key (workspace_id, connection_id, group_id) references scim_groups (workspace_id, connection_id, id) on delete cascade,
  foreign key (workspace_id, connection_id, user_id) references scim_users (workspace_id, connection_id, id) on delete cascade
);
create index scim_group_members_user on scim_group_members (workspace_id, connection_id, user_id);
