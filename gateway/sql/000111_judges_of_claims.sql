-- The judges whose pairs a claim counts, as hashes of model and rubric: it begins again once one of them is none of the settings any more. What was
-- judged before has none.
alter table task_claims add column judges text[] not null default '{}';

-- Of the calls that the budget of a day has paid, the answers: the others are questions to a judge.
alter table shadow_days add column answers integer;
update shadow_days set answers = calls;
alter table shadow_days alter column answers set not null, alter column answers set default 0;
