import type { QueryResult } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { hashOfName } from '../clients/erased-name.ts';
import type { Db } from '../db/transaction.ts';
import { eraseWaiting } from './erase-waiting.ts';

const secret = 'ab'.repeat(32);
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('calls that wait for an erased client are found by pages, however many came in at one moment, and no body is read', async () => {
  const { pool } = database;
  await pool.query(
    `insert into background_calls (workspace_id, id, livemode, key_id, state, sealed_url, sealed_request, sealed_secret, tags)
     select 'ws', 'bg_' || n, true, 'key', 'queued', '\\x01', '\\x02', '\\x03', jsonb_build_object('client_id', (array['acme', 'bolt'])[1 + n % 2])
     from generate_series(1, 2500) n`,
  );
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ('erased-1', 'ws', true, $1, now())`,
    [hashOfName(secret, { workspaceId: 'ws', livemode: true }, 'acme')],
  );
  const answers: QueryResult[] = [];
  const query = async (text: string, values?: unknown[]): Promise<QueryResult> => {
    const answer = await pool.query(text, values);
    answers.push(answer);
    return answer;
  };
  await eraseWaiting({ db: { query } as Db, secret });
  const { rows } = await pool.query(
    `select tags->>'client_id' as client, count(*)::integer as calls from background_calls group by 1`,
  );
  expect(rows).toEqual([{ client: 'bolt', calls: 1_250 }]);
  expect(answers.flatMap(({ fields }) => fields.map(({ name }) => name)).filter((name) => /sealed/.test(name))).toEqual(
    [],
  );
  expect(Math.max(...answers.map((answer) => answer.rows.length))).toBe(1_000);
});
