-- Something sealed with the secret this database is used with: a gateway that cannot open it has another secret.
create table secret_proof (
  -- There is one, or none before the first start.
  is_only boolean primary key default true check (is_only),
  sealed bytea not null
);
