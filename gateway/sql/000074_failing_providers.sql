-- When some process last saw it failing, to the half minute; null where none has since it was announced.
alter table provider_states add column failed_at timestamptz;
