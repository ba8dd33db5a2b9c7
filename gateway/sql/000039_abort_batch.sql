-- Ends the transaction of a batch of calls that may not be written as it was sent. `reason` is the detail of the error: 'crossed' where the
-- batch brings a budget to a threshold, and has to be written with an event; 'unclaimed' where its process is fenced, or the batch is in
-- the database already. Volatile, so that it is not called while a statement is planned. A gateway of an earlier version, beside a newer one
-- during an upgrade, divides by zero for the same purpose.
create function abort_batch(reason text) returns bigint language plpgsql volatile as $$
begin
  raise exception 'This batch of calls is not written as it was sent: %.', reason using errcode = 'AB001', detail = reason;
end $$;
