-- A background call that met a rate limit waits until then.
alter table background_calls add column not_before timestamptz;
