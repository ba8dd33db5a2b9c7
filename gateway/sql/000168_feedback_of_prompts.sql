-- Apart from the update before: its lock would wait for writers who wait for the rows of the update.
create index feedback_of_prompts on feedback (workspace_id, prompt_id, livemode, call_at) include (call_id, prompt_version, score)
  where prompt_version is not null;
