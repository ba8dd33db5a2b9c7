-- Claims that say something of their tasks. A system text with a date in it makes a task a call, each with a pair or two: those must not crowd these out.
create index task_claims_telling on task_claims (workspace_id, livemode, updated_at)
  where cleared_at is not null or withdrawn_at is not null or pairs >= 20;
