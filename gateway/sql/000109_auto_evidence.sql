-- The models whose answers were compared: what their words say holds for these two alone. Empty in rows of before: no model has that name.
alter table learned_samples add column weak text not null default '', add column strong text not null default '';
alter table learned_heads add column weak text not null default '', add column strong text not null default '';

-- The score as it is in task_rates; null before it is counted. Feedback comes late and may be changed.
alter table feedback add column counted_score double precision;
create index feedback_uncounted on feedback (at) where counted_score is distinct from score;
