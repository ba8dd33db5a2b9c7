-- Figures of the versions of prompts, made from the calls and their feedback by the gateway, in the background. The times are histograms in the
-- buckets of latency_hours.
create table usage_prompt_hours (
  workspace_id text not null,
  livemode boolean not null,
  hour timestamptz not null,
  prompt_id text not null,
  prompt_version integer not null,
  calls bigint not null,
  cost_nanos bigint not null,
  errors bigint not null,
  json_calls bigint not null,
  json_ok bigint not null,
  cache_hits bigint not null,
  -- Calls with feedback, and the sum of their scores: of each the mean of its names.
  feedback bigint not null,
  score_sum double precision not null,
  -- The buckets that are not empty, in order, and how many answers of a model each holds.
  buckets smallint[] not null,
  counts integer[] not null
);
create index usage_prompt_hours_prompt on usage_prompt_hours (workspace_id, prompt_id, livemode, hour);
create index usage_prompt_hours_hour on usage_prompt_hours (hour);

create table usage_prompt_days (like usage_prompt_hours);
alter table usage_prompt_days rename column hour to day;
create index usage_prompt_days_prompt on usage_prompt_days (workspace_id, prompt_id, livemode, day);
create index usage_prompt_days_day on usage_prompt_days (day);

-- Edges of ranges within months whose calls are gone.
create table usage_prompt_quarters (like usage_prompt_hours);
alter table usage_prompt_quarters rename column hour to quarter;
create index usage_prompt_quarters_prompt on usage_prompt_quarters (workspace_id, prompt_id, livemode, quarter);

-- Hours of a prompt with feedback that is newer than their sums. Without a key, so that no feedback waits for a job.
create table prompt_marks (
  workspace_id text not null,
  livemode boolean not null,
  prompt_id text not null,
  hour timestamptz not null
);
create index prompt_marks_hour on prompt_marks (hour);
create index prompt_marks_prompt on prompt_marks (workspace_id, prompt_id, livemode, hour);

-- In the database, since gateways of an older version write feedback beside this one.
create function mark_prompt() returns trigger language plpgsql as $$
begin
  insert into prompt_marks (workspace_id, livemode, prompt_id, hour)
  select workspace_id, livemode, prompt_id, date_trunc('hour', created_at, 'UTC') from calls
  where workspace_id = new.workspace_id and created_at = new.call_at and id = new.call_id and prompt_id is not null;
  return null;
end $$;
create trigger mark_prompt after insert or update of score on feedback for each row execute function mark_prompt();

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column prompts_until timestamptz;

-- Rows that a gateway of an older version writes beside this one have summed_prompts false: it sums an hour again without its prompts. This version
-- does it once more.
alter table usage_hours add column summed_prompts boolean not null default true;
alter table usage_hours alter column summed_prompts set default false;
create index usage_hours_without_prompts on usage_hours (hour) where not summed_prompts;
