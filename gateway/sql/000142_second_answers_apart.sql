-- Second answers and the questions to judges are calls of the gateway's own: the sums count them and their cost apart from what customers call.
-- Rows that a gateway of an older version writes beside this one have summed_apart false: they count second answers as requests, and
-- no narrow sums are made with them. Their hours are summed again.
alter table usage_hours
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0,
  add column summed_apart boolean not null default true;
alter table usage_hours alter column summed_apart set default false;
create index usage_hours_older on usage_hours (hour) where not summed_apart;
alter table usage_days
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0,
  add column summed_apart boolean not null default true;
alter table usage_days alter column summed_apart set default false;
create index usage_days_older on usage_days (day) where not summed_apart;
alter table usage_quarters
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0;
