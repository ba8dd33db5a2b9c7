-- Prompts of a workspace, of both modes. A deleted one is archived: its versions and the figures of its calls stay.
create table prompts (
  workspace_id text not null references workspaces (id),
  id text not null,
  name text not null,
  description text not null default '',
  -- Ids by which calls name it too, such as OpenAI's pmpt_….
  aliases text[] not null default '{}',
  -- Keys with a locked tag run it only for one of these; empty: for everybody.
  client_ids text[] not null default '{}',
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (workspace_id, id)
);

-- A version never changes.
create table prompt_versions (
  workspace_id text not null,
  prompt_id text not null,
  version integer not null check (version > 0),
  -- AES-256-GCM, with workspace, prompt and version as additional data.
  sealed_content bytea not null,
  -- A keyed hash: it tells that two versions are the same, and nothing of what they say.
  content_hash bytea not null,
  -- Without texts of the prompt: names, types and help of its variables.
  variables jsonb not null,
  note text not null default '',
  created_at timestamptz not null default now(),
  -- Of this kind (key, person, operator, …) and with this id.
  by_type text not null,
  by_id text not null,
  -- Null for people, whose names are looked up.
  by_name text,
  primary key (workspace_id, prompt_id, version),
  foreign key (workspace_id, prompt_id) references prompts (workspace_id, id) on delete cascade
);

create table prompt_labels (
  workspace_id text not null,
  prompt_id text not null,
  label text not null,
  version integer not null,
  changed_at timestamptz not null default now(),
  primary key (workspace_id, prompt_id, label),
  foreign key (workspace_id, prompt_id, version) references prompt_versions (workspace_id, prompt_id, version) on delete cascade
);

-- Each move of a label.
create table prompt_label_log (
  workspace_id text not null,
  id text not null,
  prompt_id text not null,
  label text not null,
  -- Null: the label is new. Null in to_version: it is gone.
  from_version integer,
  to_version integer,
  note text not null default '',
  changed_at timestamptz not null default clock_timestamp(),
  by_type text not null,
  by_id text not null,
  by_name text,
  primary key (workspace_id, id),
  foreign key (workspace_id, prompt_id) references prompts (workspace_id, id) on delete cascade
);
create index prompt_label_log_of_prompt on prompt_label_log (workspace_id, prompt_id, changed_at);
