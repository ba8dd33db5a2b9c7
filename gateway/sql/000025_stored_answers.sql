-- Answers that a vendor stores, so that a later call can continue them by id. A row says whose they are: the vendor's account may be
-- shared by many workspaces, and within one workspace a client's key continues its own conversations only.
create table stored_answers (
  -- The provider account at which the answer is stored; ids of different accounts have nothing to do with each other.
  account text not null,
  -- A response, an item of its output, a conversation, or a message of a thread.
  id text not null,
  workspace_id text not null,
  client_id text,
  project text,
  scenario_id text,
  scenario_platform text,
  used_at timestamptz not null default now(),
  primary key (account, id)
);
create index stored_answers_age on stored_answers (used_at);
