-- A tag that differs from a known one by case only is told of once; `folded` finds it.
alter table tag_values add column folded text;
update tag_values set folded = lower(id);
create index tag_values_folded on tag_values (workspace_id, livemode, kind, folded);

-- E-mail addresses of webhooks get events once their owner has confirmed them: the SHA-256 of the token in the one mail that asks,
-- and when it was used. Subscriptions of older versions go on: their alerts are relied on.
alter table webhooks add column confirm_hash bytea;
alter table webhooks add column confirmed_at timestamptz;
update webhooks set confirmed_at = created_at;
create unique index webhooks_confirm on webhooks (confirm_hash) where confirm_hash is not null;
