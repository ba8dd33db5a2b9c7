import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { insertProviderAccount } from '../accounts/provider-account-store.ts';
import { seal } from '../accounts/seal.ts';
import { sealContext, WorkspaceCache } from '../accounts/workspace-cache.ts';
import { HttpPools } from '../http-pools/http-pools.ts';
import { refusedKeysCheck } from './check-accounts-job.ts';
import { CircuitBreakers } from './circuit-breakers.ts';

const secret = '0'.repeat(64);
let database: TestDatabase;
let vendor: Server;
let httpPools: HttpPools;
let [asked, isValid] = [0, false];

beforeAll(async () => {
  database = await createTestDatabase();
  httpPools = new HttpPools({ timeoutMs: 5_000, answerTimeoutMs: 5_000, allowPrivateNetwork: true });
  vendor = createServer((_request, response) => {
    asked += 1;
    response.writeHead(isValid ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      isValid ? '{"data":[]}' : '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}',
    );
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await httpPools.close();
  vendor.close();
  await database.drop();
});

// A workspace that nobody uses any more had its key tried 2,880 times a day, for ever.
it('a stored key that stays refused is tried less and less often, at once where it was changed, and one that works again is known', async () => {
  const { pool: db } = database;
  const account = {
    workspaceId: 'ws_1',
    id: 'prov_1',
    baseUrl: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`,
  };
  await db.query(`insert into workspaces (id, name) values ('ws_1', 'Agency')`);
  await insertProviderAccount(db, {
    ...account,
    name: 'mine',
    kind: 'openai',
    keyHint: '1234',
    models: [],
    sealedKey: seal(secret, Buffer.from('sk-1'), sealContext(account)),
  });
  const circuits = new CircuitBreakers({ now: Date.now });
  const refusal = { reason: 'key' as const, ofModel: false };
  circuits.checked(account.id, { kind: 'account', message: 'wrong key', refusal });
  let nowMs = 0;
  const workspaces = new WorkspaceCache({ db, secret, operators: [] });
  const check = refusedKeysCheck({ db, secret, circuits, workspaces, httpPools }, () => nowMs);
  const triedWithin = async (ms: number): Promise<number> => {
    const before = asked;
    for (const until = nowMs + ms; nowMs < until; nowMs += 30_000) await check();
    return asked - before;
  };
  expect(await triedWithin(300_000)).toBe(10);
  await triedWithin(6 * 3_600_000);
  expect(await triedWithin(3_600_000)).toBe(6);
  const sealedKey = seal(secret, Buffer.from('sk-2'), sealContext(account));
  await db.query('update provider_accounts set sealed_key = $1', [sealedKey]);
  expect(await triedWithin(30_000)).toBe(1);
  await triedWithin(3_600_000);
  isValid = true;
  await triedWithin(600_000);
  expect(circuits.refusals()).toEqual([]);
});
