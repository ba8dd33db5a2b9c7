-- Calls that came in before this still have the client's name; null once the erasure is done. A process that is killed on its way leaves
-- the rest to the process that sweeps next. Erasures of before this were done when they were answered.
alter table erased_clients add column unfinished_before timestamptz;
-- When another process may go on with an erasure that is not done; next_sweep_at is null until it is done, so that a process of an older
-- version, which knows no unfinished erasures, leaves it alone.
alter table erased_clients add column resume_at timestamptz;
