-- The hours that have second answers are summed again. Their days are known, so no calls are read for it.
insert into usage_stale_hours (hour)
select distinct hour
from (select distinct day from shadow_days) as days,
  generate_series(day::timestamp at time zone 'UTC', day::timestamp at time zone 'UTC' + interval '47 hours', interval '1 hour') as hour
where hour <= now();
