-- The heads that people chose, in the place of the newest: version 0 is none. Without a row the newest that are better are active.
create table chosen_heads (
  workspace_id text not null,
  livemode boolean not null,
  version integer not null,
  chosen_by text not null,
  chosen_at timestamptz not null default now(),
  primary key (workspace_id, livemode)
);

-- The hash of a call's messages, of calls with a task: the same text again within ten minutes says that the answer was no help.
alter table calls add column prompt_hash bytea;

-- Of the pairs, those that a model compared by a rubric.
alter table task_claims add column judged integer not null default 0;
