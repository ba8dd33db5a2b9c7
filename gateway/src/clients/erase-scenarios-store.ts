import type { PoolClient } from 'pg';
import type { Erasure } from './erase-client-store.ts';
import { mentions } from './mentions.ts';

/**
 * Deletes the names of scenarios that have the client's id or its name in them, and takes them out of events: also those that a
 * scenario had before.
 */
export async function deleteItsScenarioNames(
  tx: PoolClient,
  { workspaceId, livemode, name: id }: Erasure,
  shownName: string | null,
): Promise<void> {
  const place = [workspaceId, livemode];
  const { rows } = await tx.query(
    `select name from scenario_names where workspace_id = $1 and livemode = $2
     union select data->'scenario'->>'name' from events
       where workspace_id = $1 and livemode = $2 and data->'scenario'->>'name' is not null
     union select body->'data'->'scenario'->>'name' from deliveries
       where workspace_id = $1 and (body->>'livemode')::boolean = $2 and body->'data'->'scenario'->>'name' is not null`,
    place,
  );
  const isNamed = mentions([id, shownName ?? '']);
  const gone = (rows as { name: string }[]).flatMap(({ name }) => (isNamed(name) ? [name] : []));
  if (gone.length === 0) return;
  const named = [...place, gone];
  await tx.query(
    'delete from scenario_names where workspace_id = $1 and livemode = $2 and name = any($3::text[])',
    named,
  );
  await tx.query(
    `update events set data = jsonb_set(data, '{scenario,name}', 'null')
     where workspace_id = $1 and livemode = $2 and data->'scenario'->>'name' = any($3::text[])`,
    named,
  );
  await tx.query(
    `update deliveries set body = jsonb_set(body, '{data,scenario,name}', 'null')
     where workspace_id = $1 and (body->>'livemode')::boolean = $2 and body->'data'->'scenario'->>'name' = any($3::text[])`,
    named,
  );
}

/** Takes the client out of the lists of clients in events of scenarios, which are about others too. */
export async function takeOutOfScenarios(
  tx: PoolClient,
  { workspaceId, livemode, name }: Erasure,
  until: Date | 'infinity',
): Promise<void> {
  const values = [workspaceId, livemode, name, until];
  await tx.query(
    `update events set data = jsonb_set(data, '{scenario}', ${withoutClient("data->'scenario'")})
     where workspace_id = $1 and livemode = $2 and created_at <= $4 and ${tellsClient("data->'scenario'")}`,
    values,
  );
  await tx.query(
    `update deliveries set body = jsonb_set(body, '{data,scenario}', ${withoutClient("body->'data'->'scenario'")})
     where workspace_id = $1 and (body->>'livemode')::boolean = $2 and created_at <= $4
       and ${tellsClient("body->'data'->'scenario'")}`,
    values,
  );
}

const tellsClient = (scenario: string): string =>
  `${scenario}->'clients' @> jsonb_build_array(jsonb_build_object('client_id', $3::text))`;

/** `client_count` counts those too that are not listed, so it is one less. */
const withoutClient = (scenario: string): string => `
  ${scenario} || jsonb_build_object(
    'clients', (
      select coalesce(jsonb_agg(one order by place), '[]')
      from jsonb_array_elements(${scenario}->'clients') with ordinality as listed (one, place)
      where one->>'client_id' <> $3),
    'client_count', greatest((${scenario}->>'client_count')::integer - 1, 0))`;
