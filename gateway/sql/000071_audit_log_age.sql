-- A gateway of the release before this table deletes a workspace without saying that it may delete the log: where the workspace is one
-- that was deleted, it may.
create or replace function keep_audit_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if current_setting('gateway.drop_audit_log', true) = 'on' then return old; end if;
    if exists (select 1 from erased_workspaces e where e.id = old.workspace_id) then return old; end if;
  end if;
  raise exception 'the audit log cannot be changed' using errcode = 'insufficient_privilege';
end $$;

-- By which old rows are found.
create index audit_log_age on audit_log (created_at);
