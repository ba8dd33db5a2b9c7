-- What calls saved, beside what they cost. Sums of calls that came before have none of it.
alter table usage_hours
  add column cache_hits bigint not null default 0,
  add column saved_nanos bigint not null default 0,
  add column saved_auto_nanos bigint not null default 0,
  add column saved_rules_nanos bigint not null default 0,
  add column saved_marks_nanos bigint not null default 0;
alter table usage_days
  add column cache_hits bigint not null default 0,
  add column saved_nanos bigint not null default 0,
  add column saved_auto_nanos bigint not null default 0,
  add column saved_rules_nanos bigint not null default 0,
  add column saved_marks_nanos bigint not null default 0;
alter table usage_quarters
  add column cache_hits bigint not null default 0,
  add column saved_nanos bigint not null default 0,
  add column saved_auto_nanos bigint not null default 0,
  add column saved_rules_nanos bigint not null default 0,
  add column saved_marks_nanos bigint not null default 0;
