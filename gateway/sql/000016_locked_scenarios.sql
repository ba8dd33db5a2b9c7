-- What a key with locked tags pauses and limits holds for calls that carry those tags, and for no other client's: `lock` is the
-- JSON of these tags ({"client_id": "acme"}), empty for what holds for all.
alter table scenario_states add column lock text not null default '';
alter table scenario_states drop constraint scenario_states_pkey;
alter table scenario_states add primary key (workspace_id, livemode, id, lock);
alter table scenario_limits add column lock text not null default '';
alter table scenario_limits drop constraint scenario_limits_pkey;
alter table scenario_limits add primary key (workspace_id, livemode, id, lock);

-- The address is somebody's secret, as webhooks' are; the tags say whose answer it is once the request itself is dropped.
alter table background_calls add column sealed_url bytea;
alter table background_calls alter column callback_url drop not null;
alter table background_calls alter column sealed_request drop not null;
alter table background_calls add column tags jsonb;
