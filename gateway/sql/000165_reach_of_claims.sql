-- Calls of the task that were to be compared, and those among them whose answers can be: pairs of a few short answers prove nothing of a task that
-- mostly gives long ones. Of about the latest 400.
alter table task_claims add column sampled integer not null default 0, add column comparable integer not null default 0;

-- The highest version of the prompt that was compared, and the pairs since its first: a new version may be another task. Null for tasks without a
-- prompt, and for claims of before.
alter table task_claims add column prompt_version integer, add column version_pairs integer not null default 0;
