-- The classes a workspace chooses for itself: [{"model": …, "class": "strong" | "small"}], in the order they are tried.
alter table workspaces add column model_pool jsonb not null default '[]';
