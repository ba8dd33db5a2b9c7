-- People: how they sign in, where they belong, and what they are signed in with.
create table people (
  id text primary key,
  -- In lower case: whoever writes it otherwise is the same person.
  email text not null unique check (email = lower(email)),
  -- Null until a link that was sent to the address has been opened. A printed link proves nothing about an address.
  email_verified_at timestamptz,
  name text not null,
  locale text,
  is_operator boolean not null default false,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

create table passwords (
  person_id text primary key references people (id) on delete cascade,
  -- Argon2id, with the parameters it was made with: {"memory": KiB, "passes": n, "parallelism": n}.
  hash bytea not null,
  salt bytea not null,
  parameters jsonb not null,
  changed_at timestamptz not null default now()
);

create table passkeys (
  -- What the authenticator names it, in base64url.
  id text primary key,
  person_id text not null references people (id) on delete cascade,
  public_key bytea not null,
  counter bigint not null default 0,
  transports text[] not null default '{}',
  -- Synced passkeys count no uses, and survive the device.
  is_backed_up boolean not null default false,
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_of_person on passkeys (person_id);

create table totp (
  person_id text primary key references people (id) on delete cascade,
  sealed_secret bytea not null,
  created_at timestamptz not null default now(),
  -- Null until a first code has shown that the app has the secret.
  confirmed_at timestamptz,
  -- The last time step a code was taken for: a code works once.
  last_step bigint
);

create table recovery_codes (
  person_id text not null references people (id) on delete cascade,
  hash bytea not null,
  used_at timestamptz,
  primary key (person_id, hash)
);

-- People of an identity provider are found by its subject, never by an address alone.
create table identities (
  workspace_id text not null,
  connection_id text not null,
  subject text not null,
  person_id text not null references people (id) on delete cascade,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (connection_id, subject)
);
create index identities_of_person on identities (person_id);
create index identities_of_workspace on identities (workspace_id);

create table members (
  workspace_id text not null references workspaces (id),
  id text not null,
  person_id text not null references people (id) on delete cascade,
  role text not null check (role in ('owner', 'member', 'viewer', 'client')),
  -- The client whose portal a person with the role `client` sees.
  client_id text,
  source text not null default 'invite' check (source in ('first', 'sign-up', 'invite', 'sso', 'scim')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, person_id),
  check ((role = 'client') = (client_id is not null))
);
create index members_of_person on members (person_id);

create table invitations (
  workspace_id text not null references workspaces (id),
  id text not null,
  email text not null check (email = lower(email)),
  role text not null check (role in ('owner', 'member', 'viewer', 'client')),
  client_id text,
  -- The person or the key that invites.
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  check ((role = 'client') = (client_id is not null))
);
-- One that waits for each address: inviting again makes a fresh link.
create unique index invitations_waiting on invitations (workspace_id, email) where accepted_at is null and revoked_at is null;

create table sessions (
  id text primary key,
  -- SHA-256 of the cookie's 256 random bits.
  hash bytea not null unique,
  person_id text not null references people (id) on delete cascade,
  -- Where the person is at the moment. Null: in none, when they belong to none.
  workspace_id text,
  method text not null check (method in ('link', 'password', 'passkey', 'sso')),
  -- The SSO connection of method `sso`.
  connection_id text,
  created_at timestamptz not null default now(),
  -- When the person last showed a factor: some operations ask for a recent one.
  factor_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  address text,
  agent text,
  -- Since when the cookie is to be replaced: the person's role has changed.
  renew_at timestamptz
);
create index sessions_of_person on sessions (person_id);
create index sessions_of_workspace on sessions (workspace_id);

create table sign_in_links (
  -- SHA-256 of the token.
  hash bytea primary key,
  -- `first` makes the first person. `verify` confirms another address, which is `email` then.
  purpose text not null check (purpose in ('first', 'sign-in', 'verify', 'reset', 'invite', 'sign-up')),
  person_id text references people (id) on delete cascade,
  workspace_id text,
  invitation_id text,
  email text check (email = lower(email)),
  -- Only a link that came by mail proves that its address is the person's, and only such a one asks for a second factor.
  is_mailed boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index sign_in_links_of_person on sign_in_links (person_id);
create index sign_in_links_of_invitation on sign_in_links (workspace_id, invitation_id);

-- Tries that failed, for each account (SHA-256 of the address asked for, whether it exists or not) and each client's address.
create table sign_in_failures (
  kind text not null check (kind in ('account', 'address')),
  subject text not null,
  failures integer not null,
  last_at timestamptz not null,
  -- Nothing of it is tried before.
  wait_until timestamptz not null,
  primary key (kind, subject)
);
create index sign_in_failures_age on sign_in_failures (last_at);
