-- What calls saved, by their tasks: sums of usage know none. Made from the calls, by the gateway, in the background. Rows of `kind` task are of all
-- calls, by task and model. Rows of `kind` auto are of those alone whose model `auto` chose at another price, by client, task and model.
create table usage_task_hours (
  workspace_id text not null,
  livemode boolean not null,
  kind text not null check (kind in ('task', 'auto')),
  hour timestamptz not null,
  client_id text,
  -- The hash of what the calls are for; null for calls without one, empty for all tasks but the largest of the hour, or of the day.
  task bytea,
  model text,
  requests bigint not null,
  cost_nanos bigint not null,
  saved_nanos bigint not null,
  saved_auto_nanos bigint not null,
  saved_rules_nanos bigint not null,
  saved_marks_nanos bigint not null,
  -- What `auto` saved and what it lost, without their signs: evidence is weighed by it.
  moved_nanos bigint not null
);
create index usage_task_hours_place on usage_task_hours (workspace_id, livemode, kind, hour);
create index usage_task_hours_hour on usage_task_hours (hour);

create table usage_task_days (like usage_task_hours including constraints);
alter table usage_task_days rename column hour to day;
create index usage_task_days_place on usage_task_days (workspace_id, livemode, kind, day);
create index usage_task_days_day on usage_task_days (day);

-- Edges of ranges within months whose calls are gone.
create table usage_task_quarters (like usage_task_hours including constraints);
alter table usage_task_quarters rename column hour to quarter;
create index usage_task_quarters_place on usage_task_quarters (workspace_id, livemode, kind, quarter);

-- Hours before this are in the tables above. It follows `until`.
alter table usage_rollup add column tasks_until timestamptz;

-- Rows that a gateway of an older version writes beside this one have summed_tasks false: it sums an hour again without its tasks. This version does
-- it once more.
alter table usage_hours add column summed_tasks boolean not null default true;
alter table usage_hours alter column summed_tasks set default false;
create index usage_hours_without_tasks on usage_hours (hour) where not summed_tasks;
