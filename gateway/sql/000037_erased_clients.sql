-- Clients whose data was erased. Whose it was is known by a hash only that this installation's secret makes: enough to erase the same
-- client again in a database that was restored from before.
create table erased_clients (
  -- What stands in place of the client's name: `erased-` and twelve hex digits.
  id text primary key,
  workspace_id text not null,
  livemode boolean not null,
  name_hash bytea not null,
  erased_at timestamptz not null,
  -- Sealed, and only until the calls that were under way are over: what they write is erased too.
  sealed_name bytea,
  next_sweep_at timestamptz
);
create index erased_clients_sweeping on erased_clients (next_sweep_at) where sealed_name is not null;
