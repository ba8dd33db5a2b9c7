import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type DeliveryPorts, webhookDeliverer } from './deliver-webhook.ts';
import { takeOverdue } from './delivery-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('a delivery to a webhook that is gone is dropped, and not planned again', async () => {
  const { pool: db } = database;
  await db.query(
    `insert into deliveries (workspace_id, id, webhook_id, event_id, event_type, body, status, next_try_at)
     values ('ws_1', 'del_1', 'whk_gone', 'evt_1', 'budget.reset', '{"livemode":true}', 'pending', now() - interval '1 hour')`,
  );
  const deliver = webhookDeliverer({ db } as DeliveryPorts);
  await deliver({ workspaceId: 'ws_1', webhookId: 'whk_gone', ids: ['del_1'] });
  const { rows } = await db.query('select status, next_try_at from deliveries');
  expect(rows).toEqual([{ status: 'dropped', next_try_at: null }]);
  expect(await takeOverdue(db, 10)).toEqual([]);
});
