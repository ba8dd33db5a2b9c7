-- Erasing a client reads the query itself, so nothing reads or writes these values. The column stays, because a process of an earlier
-- version that runs beside this one still writes it. The values go: they may name people.
alter table saved_views alter column query_values drop not null;
update saved_views set query_values = null;
