-- Workspaces, their keys and their provider accounts.
create table workspaces (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now(),
  -- What the workspace falls back on, by model: {"gpt-4o": ["claude-…", "gemini-…"]}.
  fallbacks jsonb not null default '{}'
);

create table api_keys (
  workspace_id text not null references workspaces (id),
  id text not null,
  -- SHA-256 of the whole key. Keys are 190 random bits, so a slow hash would buy nothing but latency.
  hash bytea not null unique,
  -- Last four characters, for people to tell keys apart.
  hint text not null,
  name text not null,
  role text not null check (role in ('owner', 'member', 'viewer', 'caller')),
  livemode boolean not null,
  tags jsonb not null default '{}',
  locked_tags text[] not null default '{}',
  rate_limit jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id)
);

create table provider_accounts (
  workspace_id text not null references workspaces (id),
  id text not null,
  name text not null,
  kind text not null check (kind in ('openai', 'anthropic', 'gemini', 'openai-compatible')),
  base_url text not null,
  -- AES-256-GCM, with workspace, account and origin as additional data: moved elsewhere it does not open.
  sealed_key bytea not null,
  key_hint text not null,
  models jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
