-- A session gets a new cookie when the role of its person changes. Requests that were sent with the cookie before are answered for a moment.
alter table sessions add column previous_hash bytea unique;
alter table sessions add column previous_until timestamptz;
