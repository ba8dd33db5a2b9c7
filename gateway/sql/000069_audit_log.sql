-- Who changed what: a row for each operation that changes something and for each sign-in, written in the transaction of the change.
create table audit_log (
  workspace_id text not null,
  -- To the millisecond, by which lists go on.
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  id text not null,
  livemode boolean not null,
  -- An operation's id of the contract, or auth.sign-in and the like.
  operation text not null,
  actor_type text not null check (actor_type in ('key', 'person', 'operator', 'scim', 'system')),
  actor_id text not null,
  -- Never of a person: names of people are looked up, so that a person who is erased leaves an id.
  actor_name text check (actor_name is null or actor_type <> 'person'),
  target_type text not null,
  target_id text not null,
  target_name text check (target_name is null or target_type <> 'person'),
  -- Of a change the fields that differ; null for what was not there before, or is gone.
  before jsonb,
  after jsonb,
  request_id text,
  -- The client's address.
  address text,
  primary key (workspace_id, created_at, id)
);
create index audit_log_of_target on audit_log (workspace_id, target_id, created_at);

-- Nobody changes a row. Rows are deleted when they are old, or with their workspace, by a transaction that says so.
create function keep_audit_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('gateway.drop_audit_log', true) = 'on' then return old; end if;
  raise exception 'the audit log cannot be changed' using errcode = 'insufficient_privilege';
end $$;
create trigger keep_audit_log before update or delete on audit_log for each row execute function keep_audit_log();
create trigger keep_whole_audit_log before truncate on audit_log for each statement execute function keep_audit_log();
