-- When a version came into use, and when it was last taken out of it. Null in rows of before, and where it never was in use.
alter table learned_heads add column active_since timestamptz, add column active_until timestamptz;
