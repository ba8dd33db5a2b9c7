-- The buyer's side of an invoice, and a lock: calls of a locked client are refused.
alter table clients
  add column address text,
  add column tax_id text,
  add column tax_percent double precision,
  add column tax_note text,
  add column locale text,
  add column locked boolean not null default false;
