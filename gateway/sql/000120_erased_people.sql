-- People who were erased: a database that is restored from before has them erased again. An id says nothing about anybody.
create table erased_people (
  id text primary key,
  erased_at timestamptz not null default now()
);
