-- What a batch of calls spent, written with its calls and posted to meters and leases a moment later, many batches at once: rows that every
-- batch updates have thousands of versions as long as somebody holds an old snapshot. A batch counts here until its process has posted
-- it (`processes.posted_batch`); then it is nobody's, and deleted some time later. Rows are inserted and deleted, never updated.
create table unposted_batches (
  process_id text not null,
  batch bigint not null,
  -- As many entries in each: what the batch did to one meter, and what the process's calls held of it then.
  meters bigint[] not null,
  spent bigint[] not null,
  leased bigint[] not null,
  held bigint[] not null,
  primary key (process_id, batch)
);

-- What is not posted yet, by process and meter. Read by the batch number from the last posted one on, whatever the planner thinks of a table
-- that is empty or full of dead rows by turns.
create function unposted_meters() returns table (process_id text, meter_id bigint, spent_nanos bigint, held_nanos bigint)
language sql stable rows 20
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off
as $$
  select u.process_id, p.meter_id, sum(p.spent)::bigint, (array_agg(p.held order by u.batch desc))[1]
  from processes r join unposted_batches u on u.process_id = r.id and u.batch > r.posted_batch,
    unnest(u.meters, u.spent, u.held) as p (meter_id, spent, held)
  group by 1, 2
$$;

-- Nothing of it goes with the row of its process, whoever removes that: a gateway of a version before this one, during an upgrade, knows nothing
-- of this table.
create function post_unposted() returns trigger language plpgsql as $$
begin
  update meters m set spent_nanos = m.spent_nanos + u.nanos
  from (
    select p.meter_id, sum(p.spent) as nanos
    from unposted_batches b, unnest(b.meters, b.spent) as p (meter_id, spent)
    where b.process_id = old.id and b.batch > old.posted_batch group by 1 order by 1) u
  where m.id = u.meter_id;
  delete from unposted_batches where process_id = old.id;
  return old;
end $$;
create trigger post_unposted before delete on processes for each row execute function post_unposted();

-- The rows that are updated most: room for new versions on their own page, and vacuumed before they spread.
alter table meters set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table leases set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table processes set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table unposted_batches set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
