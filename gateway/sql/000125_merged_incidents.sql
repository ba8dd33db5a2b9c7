-- An incident that the operator found to be part of another one: it is shown there. Without a foreign key, so that a copy is written in any order.
alter table incidents add column merged_into text;
create index incidents_merged on incidents (merged_into) where merged_into is not null;
-- Of planned work that is announced: outside of these times failures count.
alter table incidents add column starts_at timestamptz;
alter table incidents add column ends_at timestamptz;
