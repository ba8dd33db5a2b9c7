-- The rules and the settings of `auto` of a workspace are one document. Each change makes a version, which never changes; the workspace
-- names the one that is active. No version is active until something is configured.
create table routing_versions (
  workspace_id text not null references workspaces (id),
  version integer not null check (version > 0),
  rules jsonb not null default '[]',
  -- Null: the gateway's own settings of `auto`.
  auto jsonb,
  -- The id of a key or a person.
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  note text,
  primary key (workspace_id, version)
);

alter table workspaces add column routing_version integer;

-- When `rule.unreachable` was announced for a model of a rule: once a day, whichever process meets it first.
create table unreachable_rules (
  workspace_id text not null references workspaces (id),
  livemode boolean not null,
  rule_id text not null,
  model text not null,
  notified_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, livemode, rule_id, model)
);
