-- What a meter counts beside the calls charged to it: its budget's period or time zone was changed, and it took over what was
-- spent before it began, or let go of it (less than nothing).
alter table meters add column carried_nanos bigint not null default 0;
