-- Usage is asked for by provider and by platform too. The sums are made again from the calls, a day at a time, in the background;
-- until then the calls themselves are read.
alter table usage_hours add column provider text, add column scenario_platform text;
alter table usage_days add column provider text, add column scenario_platform text;
truncate usage_hours, usage_days;
delete from usage_rollup;
delete from usage_stale_hours;
