-- Which primaries this database has been: a row for each timeline of Postgres on which a gateway wrote, with an id that nobody can guess.
-- Two standbys that are promoted at once have the same timeline, and rows with different ids.
create table database_timelines (
  id text primary key,
  system_identifier text not null,
  database_oid text not null,
  timeline bigint not null,
  -- A gateway wrote on this timeline of another primary: this database may lack calls.
  elsewhere boolean not null default false,
  noted_at timestamptz not null default now()
);

-- Of one primary a timeline has one id, whichever process is the first to note it.
create unique index database_timelines_here on database_timelines (system_identifier, database_oid, timeline) where not elsewhere;
