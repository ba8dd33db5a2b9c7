-- Calls that came in before this still have the client's name; null once the erasure is done. A process that is killed on its way leaves
-- the rest to whoever sweeps next. Erasures of before this were done when they were answered.
alter table erased_clients add column unfinished_before timestamptz;
