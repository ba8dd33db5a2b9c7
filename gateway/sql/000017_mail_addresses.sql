-- One mail asks each address once for a workspace, whatever subscriptions name it: `token_hash` is the SHA-256 of the token in its
-- link, which is made from the workspace and the address. A webhook with a `confirm_hash` waits for that address.
create table mail_addresses (
  workspace_id text not null references workspaces (id),
  token_hash bytea not null,
  asked_at timestamptz not null default now(),
  confirmed_at timestamptz,
  primary key (workspace_id, token_hash)
);
create index mail_addresses_token on mail_addresses (token_hash);
drop index webhooks_confirm;
