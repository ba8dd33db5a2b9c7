-- Second answers and the questions to judges are calls of the gateway's own: the sums count them and their cost apart from what customers call.
alter table usage_hours
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0;
alter table usage_days
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0;
alter table usage_quarters
  add column second_answers bigint not null default 0,
  add column second_cost_nanos bigint not null default 0;
-- The hours that have some are summed again. Their days are known, so no calls are read for it.
insert into usage_stale_hours (hour)
select distinct hour from shadow_days, generate_series(day::timestamp at time zone 'UTC', day::timestamp at time zone 'UTC' + interval '47 hours', interval '1 hour') as hour
where hour <= now();
