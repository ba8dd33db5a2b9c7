-- The feedback on a client's calls, those of the newest calls first.
create index feedback_of_clients on feedback (workspace_id, livemode, client_id, call_id desc, name desc);
