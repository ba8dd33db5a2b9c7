-- One row for every call. Opened before the first byte of an answer leaves, closed before the last.
create table calls (
  workspace_id text not null,
  created_at timestamptz not null,
  id text not null,
  livemode boolean not null,
  -- The gateway process that holds the call while it is open.
  process_id text not null,
  status text not null check (status in ('open', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  key_id text not null,
  client_id text,
  project text,
  scenario_id text,
  scenario_platform text,
  execution_id text,
  organization_id text,
  node text,
  dialect text not null,
  streamed boolean not null,
  model_requested text not null,
  model text,
  provider text,
  route text,
  attempts smallint not null default 0,
  input_tokens bigint not null default 0,
  cached_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  cost_nanos bigint not null default 0,
  -- The dearest the call could become, known when it was opened: what a process that dies leaves behind is settled at this.
  hold_nanos bigint not null default 0,
  estimated boolean not null default false,
  error_code text,
  ttft_ms integer,
  total_ms integer,
  primary key (workspace_id, created_at, id)
) partition by range (created_at);

create index calls_open on calls (process_id) where status = 'open';

-- Monthly partitions, made ahead of time by the gateway: `calls_2026_11` holds November 2026 in UTC.
create function ensure_call_partitions(from_month date, months integer) returns void language plpgsql as $$
declare
  month date := date_trunc('month', from_month);
begin
  for i in 0 .. months loop
    execute format(
      'create table if not exists %I partition of calls for values from (%L) to (%L)',
      'calls_' || to_char(month, 'YYYY_MM'),
      month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00'
    );
    month := month + interval '1 month';
  end loop;
end $$;

-- The first answer to a POST with an Idempotency-Key, kept for 24 hours.
create table idempotent_answers (
  workspace_id text not null,
  key_id text not null,
  idempotency_key text not null,
  -- SHA-256 of method, path and body: the same key with another request is a mistake and is told so.
  request_hash bytea not null,
  created_at timestamptz not null default now(),
  process_id text not null,
  state text not null check (state in ('running', 'done')),
  status integer,
  headers jsonb,
  -- Sealed: an answer may hold a new key, and always holds somebody's text.
  sealed_body bytea,
  primary key (workspace_id, key_id, idempotency_key)
);
create index idempotent_answers_age on idempotent_answers (created_at);
