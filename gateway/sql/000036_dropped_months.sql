-- Months whose calls are gone: dropped by the gateway once they were older than CALLS_KEPT_DAYS, or outside of it. Their sums stay
-- in usage_hours, usage_days and usage_quarters, and can never be made again: no later migration may empty these three.
create table dropped_months (
  from_at timestamptz primary key,
  to_at timestamptz not null,
  calls bigint not null,
  -- By somebody else than the gateway: nobody knows what budgets its calls were charged to.
  elsewhere boolean not null default false,
  dropped_at timestamptz not null default now()
);

-- The edges of ranges within such months: days begin at a quarter of an hour in every time zone there is.
create table usage_quarters (like usage_hours);
alter table usage_quarters rename column hour to quarter;
create index usage_quarters_place on usage_quarters (workspace_id, livemode, quarter);

-- What the calls of dropped months were charged to a meter.
alter table meters add column archived_nanos bigint not null default 0;
