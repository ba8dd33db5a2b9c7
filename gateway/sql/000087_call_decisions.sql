-- How a call was decided and what that saved. Empty where nothing decided but the caller. Written with the row itself, so that jobs can
-- make sums and rates of them later.
alter table calls
  -- The version of the workspace's rules and auto settings that was active.
  add column routing_version integer,
  add column rule_id text,
  -- Which step chose the model: rule, arm, auto, budget.
  add column chosen_by text,
  add column experiment_id text,
  add column arm text,
  -- The hash of what an experiment keeps together: a run, a client, a session.
  add column unit bytea,
  -- The hash of what the call is for: see routing/task-key.ts.
  add column task bytea,
  add column prompt_id text,
  add column prompt_version integer,
  -- hit: answered from the response cache. stored: kept there.
  add column cache text,
  -- What the call would have cost without us, less its cost. Negative where it cost more.
  add column saved_nanos bigint,
  -- The part of it that comes from another model, and the part from the marks that the gateway placed in a provider's cache.
  add column saved_route_nanos bigint,
  add column saved_marks_nanos bigint,
  -- Did an answer that had to be JSON parse and fit its schema?
  add column json_ok boolean,
  -- The call that this one was compared with.
  add column shadow_of text;
