-- Older versions made the owner's test key from the live key: the same but for the prefix, so whoever had the test key had both.
-- Such test keys end here. The live keys go on, since production calls with them; every start names those that are left.
update api_keys t set revoked_at = now()
where t.revoked_at is null and not t.livemode and t.name = 'Owner (test)' and exists (
  select 1 from api_keys l
  where l.workspace_id = t.workspace_id and l.livemode and l.name = 'Owner' and l.hint = t.hint and l.created_at = t.created_at);
