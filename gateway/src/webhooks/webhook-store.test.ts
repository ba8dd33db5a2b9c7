import type { QueryResult } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Db } from '../db/transaction.ts';
import { webhooksFor } from './webhook-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(`insert into workspaces (id, name) values ('ws', 'Acme')`);
  await pool.query(`select ensure_call_partitions((now() - interval '60 days')::date, 4)`);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, dialect, streamed,
       model_requested, model, provider, cost_nanos)
     select 'ws', now() - age, 'req_' || client || scenario, true, 'gone', 'succeeded', 'key', client, project, scenario, 'chat', false, 'm', 'm', 'openai', 1
     from (values ('acme', 'shop', 'orders', interval '1 minute'), ('bolt', 'shop', 'letters', interval '1 minute'),
       ('cola', null, 'orders', interval '20 days'), ('dent', null, 'orders', interval '50 days')) as c (client, project, scenario, age)`,
  );
});
afterAll(() => database.drop());

async function subscribe(id: string, filter: object): Promise<void> {
  await database.pool.query(
    `insert into webhooks (workspace_id, id, livemode, sealed_url, sealed_secret, fingerprint, events, filter, bound)
     values ('ws', $1, true, '\\x01', '\\x02', convert_to($1, 'UTF8'), '{scenario.paused}', $2, '{}')`,
    [id, JSON.stringify(filter)],
  );
}

it('a pause for all calls finds its subscriptions by one read of calls, however many clients have one', async () => {
  const notified = {
    everybody: {},
    acme: { client_id: 'acme' },
    shop: { project: 'shop' },
    'acme in shop': { client_id: 'acme', project: 'shop' },
    'cola, 20 days ago': { client_id: 'cola' },
  };
  const others = {
    'another scenario': { client_id: 'bolt' },
    'another project': { client_id: 'acme', project: 'office' },
    'another client of the project': { client_id: 'bolt', project: 'shop' },
    'dent, 50 days ago': { client_id: 'dent' },
  };
  for (const [id, filter] of Object.entries({ ...notified, ...others })) await subscribe(id, filter);
  for (let n = 0; n < 30; n++) await subscribe(`idle ${n}`, { client_id: `idle-${n}` });
  const texts: string[] = [];
  const query = (text: string, values?: unknown[]): Promise<QueryResult> => {
    texts.push(text);
    return database.pool.query(text, values);
  };
  const event = { workspaceId: 'ws', livemode: true, type: 'scenario.paused', scenarioId: 'orders', data: {} } as const;
  const found = await webhooksFor({ query } as Db, event);
  expect(found.map(({ id }) => id).sort()).toEqual(Object.keys(notified).sort());
  expect(texts.filter((text) => text.includes('from calls'))).toHaveLength(1);
});
