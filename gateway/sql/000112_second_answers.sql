-- Sums of usage count second answers, which savings leave out again: they are few among the calls.
create index calls_second_answers on calls (workspace_id, livemode, created_at) where shadow_of is not null;
