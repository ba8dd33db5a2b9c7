-- Gateway processes that share this database. A living one holds the advisory lock of its number; what a dead one left open
-- is adopted by the others, or by its own restart.
create table processes (
  id text primary key,
  lock_number integer generated always as identity,
  hostname text not null,
  pid integer not null,
  started_at timestamptz not null default now()
);
