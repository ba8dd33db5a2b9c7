-- A page of usage by client lists the models of each of its clients: of ten million calls it reads a fifth of this index in place of every sum of a day.
create index usage_days_client on usage_days (workspace_id, livemode, client_id, day) include (model);
