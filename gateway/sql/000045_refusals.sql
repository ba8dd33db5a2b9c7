-- Calls that were refused before they were opened, and so have no row in `calls`: one row an hour for each code, tag, key and budget,
-- so that a loop of millions stays a few rows.
create table refusals (
  workspace_id text not null,
  livemode boolean not null,
  hour timestamptz not null,
  code text not null,
  client_id text,
  project text,
  scenario_id text,
  scenario_platform text,
  key_id text not null,
  budget_id text,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- Of the last of them.
  message text not null,
  model text,
  -- The message names billed amounts, since the key that called does not see costs.
  billed boolean not null,
  -- The last twenty, the newest last.
  request_ids text[] not null
) with (fillfactor = 70);
create unique index refusals_place on refusals (workspace_id, livemode, hour, code, key_id, coalesce(client_id, ''), coalesce(project, ''),
  coalesce(scenario_id, ''), coalesce(scenario_platform, ''), coalesce(budget_id, ''));
create index refusals_hour on refusals (hour);
