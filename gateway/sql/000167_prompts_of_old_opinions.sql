-- Feedback that was there before 000164, whose trigger takes down all that comes after it. In a file of its own: the lock of `alter table` is gone by
-- now, and gateways of the version before read and write feedback meanwhile.
update feedback f set prompt_id = c.prompt_id, prompt_version = c.prompt_version from calls c
where c.workspace_id = f.workspace_id and c.created_at = f.call_at and c.id = f.call_id
  and c.prompt_id is not null and c.prompt_version is not null and c.shadow_of is null;
