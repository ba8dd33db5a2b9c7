-- The kinds of provider are listed once, in shared/src/provider-kinds.ts, and checked where a request is read: a new vendor needs no
-- migration. A process of an older version cannot call an account of a kind it does not know, so such an account is added once
-- every process runs the new version.
alter table provider_accounts drop constraint if exists provider_accounts_kind_check;
