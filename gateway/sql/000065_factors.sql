-- A challenge that a passkey answers: good once, for five minutes.
create table passkey_challenges (
  challenge text primary key,
  purpose text not null check (purpose in ('add', 'sign-in', 'step-up')),
  -- Null: a sign-in, which does not know yet who signs in.
  person_id text references people (id) on delete cascade,
  expires_at timestamptz not null
);
create index passkey_challenges_age on passkey_challenges (expires_at);

-- People get into such a workspace with a passkey, with an authenticator app, or by single sign-on only.
alter table workspaces add column requires_second_factor boolean not null default false;

-- Made by a stranger who signed up: calls on the operator's provider keys wait for a plan.
alter table workspaces add column needs_plan boolean not null default false;

-- Of a link with purpose `sign-up`: kept until the address is confirmed.
alter table sign_in_links add column given_name text;
alter table sign_in_links add column workspace_name text;
