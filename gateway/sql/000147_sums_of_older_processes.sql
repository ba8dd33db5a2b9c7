-- A process of an older version that runs beside a newer one leaves three things out. The newer one looks for them afterwards, once for
-- each month and each erasure.

-- Providers bill the tokens of second answers too. Those of months that were dropped before this are not known.
alter table usage_quarters
  add column second_input_tokens bigint not null default 0,
  add column second_output_tokens bigint not null default 0;

-- False: dropped by an older version, whose quarters may count second answers as requests.
alter table dropped_months add column summed_apart boolean not null default false;

-- False: erased by an older version, which leaves the name in narrow sums.
alter table erased_clients add column narrow_erased boolean not null default false;
create index erased_clients_narrow on erased_clients (id) where not narrow_erased;
