import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { forgetAccounts } from './forget-accounts-job.ts';
import { keyOf } from './outage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('of an account that was deleted no outage goes on, and one that is there keeps its own', async () => {
  const { pool: db } = database;
  await db.query(`insert into workspaces (id, name) values ('ws_1', 'Agency')`);
  await db.query(
    `insert into provider_accounts (workspace_id, id, name, kind, base_url, sealed_key, key_hint, models)
     values ('ws_1', 'prov_here', 'mine', 'openai', 'https://api.openai.com/v1', '\\x00', '1234', '[]')`,
  );
  const accounts = ['prov_here', 'prov_gone', 'openai'];
  const keys = accounts.flatMap((account) => [account, keyOf(account, 'gpt-5.4', 'ws_1')]);
  await db.query('insert into provider_states (account, down, since) select unnest($1::text[]), true, now()', [keys]);
  const circuits = new CircuitBreakers({ now: Date.now });
  circuits.remember([keyOf('prov_gone'), keyOf('openai')]);
  for (const account of accounts)
    circuits.checked(account, { kind: 'account', message: 'wrong key', refusal: { reason: 'key', ofModel: false } });
  await db.query(
    `insert into provider_states (account, down, since) select 'openai' || E'\n' || name, down, now() - days * interval '1 day'
     from (values ('over', false, 40), ('over lately', false, 2), ('goes on', true, 40)) as given (name, down, days)`,
  );
  await forgetAccounts({ db, circuits });
  expect(circuits.refusals().map(({ account }) => account)).toEqual(['prov_here', 'openai']);
  expect(circuits.accounts.toSorted()).toEqual(['openai', 'prov_here']);
  const { rows } = await db.query('select account from provider_states order by 1');
  const left = [...keys.filter((key) => !key.startsWith('prov_gone')), 'openai\ngoes on', 'openai\nover lately'];
  expect(rows.map(({ account }) => account).sort()).toEqual(left.sort());
});
