import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataFolder } from '../../../test/support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { proveSecret } from '../accounts/prove-secret.ts';
import { sealFor } from '../background/background.ts';
import { repeatErasures } from '../clients/erase-client.ts';
import { hashOfName } from '../clients/erased-name.ts';
import { rotateSecret } from './rotate-secret.ts';

/** The secret of the back-up, and that of today. */
const [before, today] = ['a1'.repeat(32), 'b2'.repeat(32)];
const place = { workspaceId: 'ws', livemode: true };
const erasedAt = new Date('2026-03-02T09:30:00Z');
const logs: string[] = [];
const log = pino({ base: null }, { write: (line: string) => void logs.push(line) });
let database: TestDatabase;
let dataDir: string;

beforeEach(async () => {
  dataDir = dataFolder('rotated-erasures');
  logs.length = 0;
  database = await createTestDatabase();
  const { pool } = database;
  await proveSecret(pool, { secret: before, source: 'GATEWAY_SECRET' });
  await pool.query(`insert into workspaces (id, name) values ('ws', 'Agency') on conflict do nothing`);
});
afterEach(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = (secret: string): Promise<void> => repeatErasures({ db: database.pool, log, secret, dataDir });
const rotate = (): Promise<unknown> =>
  rotateSecret(
    database.pool,
    { oldSecret: before, newSecret: today, oldSource: 'GATEWAY_SECRET_PREVIOUS', newSource: 'GATEWAY_SECRET', dataDir },
    new AbortController().signal,
  );
async function column(statement: string): Promise<unknown[]> {
  const { rows } = await database.pool.query({ text: statement, rowMode: 'array' });
  return (rows as unknown[][]).map(([value]) => value);
}

it('a client that was erased after a rotation is erased in an older database too, once it has the secret of today', async () => {
  const { pool } = database;
  await pool.query(
    `insert into clients (workspace_id, livemode, id, name) values ('ws', true, 'acme', 'Acme'), ('ws', true, 'bolt', 'Bolt')`,
  );
  // Each start files the erasures of its database, with a note of its secret.
  const other = await createTestDatabase();
  try {
    const erased = (id: string, secret: string, name: string): Promise<unknown> =>
      other.pool.query(
        'insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ($1, $2, $3, $4, $5)',
        [id, place.workspaceId, place.livemode, hashOfName(secret, place, name), erasedAt],
      );
    await erased('erased-gone', before, 'gone');
    await repeatErasures({ db: other.pool, log, secret: before, dataDir });
    await erased('erased-acme', today, 'acme');
    await repeatErasures({ db: other.pool, log, secret: today, dataDir });
  } finally {
    await other.drop();
  }
  await start(before);
  expect(await column('select id from erased_clients')).toEqual(['erased-gone']);
  expect(logs.filter((line) => line.includes('Run rotate-secret')).map((line) => JSON.parse(line))).toMatchObject([
    { erasure: 'erased-acme', workspace: 'ws' },
  ]);

  await rotate();
  expect(await column('select id from clients order by id')).toEqual(['acme', 'bolt']);
  await start(today);
  expect(await column('select id from clients order by id')).toEqual(['bolt', 'erased-acme']);
  expect(await column('select id from erased_clients order by id')).toEqual(['erased-acme', 'erased-gone']);
});

it('a name that an older version left in narrow sums is found by the old secret, before it is out of use', async () => {
  const { pool } = database;
  await pool.query(
    `insert into usage_narrow_days (workspace_id, livemode, kind, day, client_id, requests, estimated_requests, input_tokens, cached_tokens, output_tokens,
       cost_nanos, second_answers, second_cost_nanos, cache_hits, saved_nanos, saved_auto_nanos, saved_rules_nanos, saved_marks_nanos)
     values ('ws', true, 'client', '2026-03-01T00:00:00Z', 'acme', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
  );
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ('erased-acme', 'ws', true, $1, $2)`,
    [hashOfName(before, place, 'acme'), erasedAt],
  );
  await rotate();
  expect(await column('select client_id from usage_narrow_days')).toEqual(['erased-acme']);
});

it('a background call that waits for an erased client is gone after a rotation, and those of other clients wait on', async () => {
  const { pool } = database;
  const waits = (id: string, client: string, createdAt: string): Promise<unknown> =>
    pool.query(
      `insert into background_calls (workspace_id, id, livemode, key_id, state, sealed_secret, tags, created_at)
       values ('ws', $1, true, 'key_1', 'queued', $2, $3, $4)`,
      [id, sealFor(before, { workspaceId: 'ws', id }, 'secret', 'whsec_1'), { client_id: client }, createdAt],
    );
  await waits('bg_erased', 'acme', '2026-03-02T09:00:00Z');
  await waits('bg_other', 'bolt', '2026-03-02T09:00:00Z');
  // Of a client that was made again under the name.
  await waits('bg_again', 'acme', '2026-03-02T10:00:00Z');
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ('erased-acme', 'ws', true, $1, $2)`,
    [hashOfName(before, place, 'acme'), erasedAt],
  );
  await rotate();
  expect(await column('select id from background_calls order by id')).toEqual(['bg_again', 'bg_other']);
});
