-- The version of a prompt that a call with feedback used, as in its call: opinions of hours whose sums are older are read without the calls of these
-- hours. Null for calls without one, and for second answers.
alter table feedback add column prompt_id text, add column prompt_version integer;

-- In the database, since gateways of an older version write feedback beside this one. A row of a backup brings its own, maybe before its call.
create function note_prompt() returns trigger language plpgsql as $$
begin
  select prompt_id, prompt_version into new.prompt_id, new.prompt_version from calls
  where workspace_id = new.workspace_id and created_at = new.call_at and id = new.call_id
    and prompt_id is not null and prompt_version is not null and shadow_of is null;
  return new;
end $$;
create trigger note_prompt before insert on feedback for each row when (new.prompt_version is null) execute function note_prompt();
