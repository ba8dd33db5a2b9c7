import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { eraseClient, repeatErasures } from '../../gateway/src/clients/erase-client.ts';
import { bringErased, readErasedClients } from '../../gateway/src/clients/erased-files.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let receiver: Receiver;

/** Names that nothing else has in it; a quote and an umlaut are written in more than one way. */
const name = 'quidditch "süd"';
const shown = 'Quidditch Versand GmbH';
const traces = ['quidditch', 'Quidditch', 'seeker@example.com'];
const tags = { metadata: { client_id: name, scenario_id: '42', scenario_platform: 'make', execution_id: 'run 7' } };
const path = `/v1/clients/${encodeURIComponent(name)}`;
const test = { authorization: `Bearer ${testKey}` };

/** Where a name is, in any text or JSON of any table but the audit log, which keeps names: `table.column`. Sealed columns say nothing to anybody. */
async function whereIs(texts: readonly string[]): Promise<string[]> {
  const { pool } = gateway.database;
  const { rows } = await pool.query(
    `select table_schema || '.' || table_name as name, quote_ident(table_schema) || '.' || quote_ident(table_name) as table_name,
       quote_ident(column_name) as column_name
     from information_schema.columns join information_schema.tables t using (table_schema, table_name)
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE' and table_name <> 'audit_log'
       and data_type in ('text', 'json', 'jsonb', 'character varying', 'ARRAY', 'USER-DEFINED', 'name', 'bytea')`,
  );
  const found: string[] = [];
  for (const { table_name: table, column_name: column } of rows as { table_name: string; column_name: string }[]) {
    const { rows: hits } = await pool.query(
      `select 1 from ${table} where exists (select 1 from unnest($1::text[]) as t where strpos(
         case when pg_typeof(${column})::text = 'bytea' then encode(${column}::text::bytea, 'escape') else ${column}::text end, t) > 0) limit 1`,
      [texts],
    );
    if (hits.length > 0) found.push(`${table}.${column}`);
  }
  return [...new Set(found.map((place) => place.replace(/^public\./, '').replace(/^calls_\d+_\d+/, 'calls')))].sort();
}

const call = (more: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
  gateway.post(chat, hello({ ...tags, ...more }), headers);
const totals = async (): Promise<unknown> =>
  (await json<{ totals: unknown }>(gateway.get('/v1/usage/clients?from=2020-01-01'))).totals;
const sumUp = async (): Promise<void> => {
  while (await rollUp(gateway.gateway.services.db, Date.now()));
};

beforeAll(async () => {
  receiver = await startReceiver();
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    ANSWER_TIMEOUT_MS: '20000',
    FIRST_BYTE_TIMEOUT_MS: '20000',
  });
});
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

/** All that a client can leave behind, in live mode; and a call and a setting of the same name in test mode. */
async function leaveTraces(): Promise<{ key: string; budget: string; each: string }> {
  await json(
    gateway.send('PUT', path, {
      name: shown,
      billing_email: 'seeker@example.com',
      address: 'Quidditch Street 1',
      notes: `${shown} pays late`,
      markup_percent: 20,
      rate_limit: { calls_per_minute: 1_000 },
    }),
  );
  await json(gateway.send('PUT', path, { name: shown }, test));
  const { key } = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: `${shown}'s own`, tags: { client_id: name }, locked_tags: ['client_id'] }),
    201,
  );
  const owner = await json<{ key: string }>(
    gateway.post('/v1/keys', {
      name: `${shown}'s`,
      role: 'owner',
      tags: { client_id: name },
      locked_tags: ['client_id'],
    }),
    201,
  );
  const { id: budget } = await json<{ id: string }>(
    gateway.post(
      '/v1/budgets',
      { name: `${shown} monthly`, limit_usd: 0.0003, on_limit: 'notify', scope: { client_id: name } },
      {
        'idempotency-key': 'a budget',
      },
    ),
    201,
  );
  const { id: each } = await json<{ id: string }>(
    gateway.post('/v1/budgets', { name: 'each', limit_usd: 5, scope: { client_id: '*' } }),
    201,
  );
  await json(gateway.post('/v1/budgets', { name: 'all', limit_usd: 0.0003, on_limit: 'notify' }), 201);
  await json(
    gateway.post('/v1/webhooks', {
      url: receiver.url,
      events: ['budget.threshold_reached', 'budget.exceeded'],
      filter: { client_id: name },
    }),
    201,
  );
  await json(gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.exceeded', 'client.lookalike'] }), 201);
  await json(gateway.send('PUT', '/v1/rate-limits', { client_id: name, calls_per_minute: 1_000 }));
  const bound = { authorization: `Bearer ${owner.key}` };
  for (let i = 0; i < 5; i++) await json(call());
  await json(call({ stream: true }).then(async (answer) => new Response((await answer.text()) && '{}')));
  await json(call({}, { authorization: `Bearer ${key}`, 'idempotency-key': 'a call' }));
  await json(call({ metadata: { ...tags.metadata, scenario_id: '44' } }, bound));
  await json(gateway.send('PUT', '/v1/scenarios/42/limits', { max_repeats: null }, bound));
  await json(gateway.post('/v1/scenarios/44/pause', { reason: shown }, bound));
  await json(gateway.send('PUT', '/v1/scenarios/45/name', { name: `Letters of ${shown}` }));
  await json(gateway.post('/v1/scenarios/45/pause', { reason: 'Under repair' }));
  await json(gateway.post(chat, hello({ metadata: { client_id: name.toUpperCase() } }), {}));
  await json(
    gateway.post('/v1/responses', { model: 'gpt-4o', input: 'Hi', store: true, metadata: { client_id: name } }),
  );
  await json(gateway.post(chat, hello(tags), test));
  const background = await json<{ id: string }>(
    gateway.post(`${chat}/background`, { ...hello(tags), callback_url: receiver.url }),
    202,
  );
  await eventually(async () =>
    expect((await json<{ status: string }>(gateway.get(`${chat}/background/${background.id}`))).status).toBe(
      'completed',
    ),
  );
  await json(
    gateway.post('/v1/invoices', { client_id: name, from: '2020-01-01', to: new Date(Date.now() + 1).toISOString() }),
    201,
  );
  await sleep(400);
  return { key, budget, each };
}

describe('a client that is erased', () => {
  let things: Awaited<ReturnType<typeof leaveTraces>>;
  let before: unknown;

  it('is in invoices only afterwards', async () => {
    things = await leaveTraces();
    before = await totals();
    const { pool } = gateway.database;
    // Some of its calls are from hours that are summed already.
    await pool.query(`select ensure_call_partitions((now() - interval '3 days')::date, 1)`);
    await pool.query(
      `update calls set created_at = created_at - interval '3 days' where livemode and id in (select id from calls where livemode order by id limit 3)`,
    );
    await sumUp();
    const places = await whereIs(traces);
    for (const place of [
      'api_keys.name',
      'api_keys.tags',
      'budgets.client_id',
      'budgets.name',
      'call_groups.client_id',
      'calls.client_id',
      'clients.address',
      'clients.id',
      'deliveries.body',
      'events.client_id',
      'events.data',
      'invoices.document',
      'meters.instance',
      'rate_limits.id',
      'scenario_limits.lock',
      'scenario_names.name',
      'scenario_states.lock',
      'tag_values.id',
      'usage_days.client_id',
      'usage_hours.client_id',
      'webhooks.filter',
      'background_calls.tags',
      'stored_answers.client_id',
    ])
      expect(places).toContain(place);
    const began = Date.now();
    expect((await gateway.send('DELETE', `${path}/data`)).status).toBe(204);
    expect(Date.now() - began).toBeLessThan(20_000);
    // Test mode is a world of its own, with a client of the same name, and its upper-case neighbour is somebody else.
    const { rows } = await pool.query(`select distinct livemode from calls where client_id = $1`, [name]);
    expect(rows).toEqual([{ livemode: false }]);
    expect((await gateway.send('DELETE', `${path}/data`, undefined, test)).status).toBe(204);
    expect((await gateway.send('DELETE', `/v1/clients/${encodeURIComponent(name.toUpperCase())}/data`)).status).toBe(
      204,
    );
    await eventually(
      async () => expect(await whereIs([...traces, 'QUIDDITCH'])).toEqual(['invoices.client_id', 'invoices.document']),
      10_000,
    );
  }, 60_000);

  it('leaves the sums of the workspace unchanged, and the ledger correct', async () => {
    expect(await totals()).toEqual(before);
    const { data } = await json<{ data: { client_id: string }[] }>(gateway.get('/v1/usage/clients?from=2020-01-01'));
    expect(data.map(({ client_id: id }) => id)).toEqual([
      expect.stringMatching(/^erased-[0-9a-f]{12}$/),
      expect.stringMatching(/^erased-[0-9a-f]{12}$/),
    ]);
    const lines: string[] = [];
    expect(await verifyLedger(gateway.database.pool, (line) => lines.push(line))).toBe(true);
    expect(lines.at(-1)).toContain('Ledger OK');
  });

  it('has no key, budget, setting or name any more, and keeps its invoices', async () => {
    await json(gateway.post(chat, hello(), { authorization: `Bearer ${things.key}` }), 401);
    await json(gateway.get(`/v1/budgets/${things.budget}`), 404);
    await json(gateway.get(path), 404);
    expect((await json<{ data: unknown[] }>(gateway.get('/v1/clients?search=quidditch'))).data).toEqual([]);
    const { data } = await json<{ data: { client: { name: string } }[] }>(gateway.get('/v1/invoices'));
    expect(data.map(({ client }) => client.name)).toEqual([shown]);
    // Its remaining rows belong to no client: they are neither listed nor billed.
    expect((await json<{ data: unknown[] }>(gateway.get('/v1/clients'))).data).toEqual([]);
    const month = new Date().toISOString().slice(0, 7);
    expect((await json<{ data: unknown[] }>(gateway.get(`/v1/invoices/preview?period=${month}`))).data).toEqual([]);
  });

  it('can be erased again', async () => {
    expect((await gateway.send('DELETE', `${path}/data`)).status).toBe(204);
  });

  it('is made again by a call with its tag', async () => {
    await json(call());
    await eventually(async () =>
      expect(await json(gateway.get(path))).toMatchObject({ id: name, name, markup_percent: 0 }),
    );
    // Looking after what was under way leaves the new one alone.
    await sleep(2_500);
    const { data } = await json<{ data: { client_id: string }[] }>(
      gateway.get(`/v1/usage/requests?client_id=${encodeURIComponent(name)}`),
    );
    expect(data).toHaveLength(1);
  });
});

describe('a client that is set up again at once', () => {
  it('keeps its new settings while old calls are still being erased', async () => {
    const id = 'phoenix';
    await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    expect((await gateway.send('DELETE', `/v1/clients/${id}/data`)).status).toBe(204);
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: id, calls_per_minute: 7 }));
    const webhook = { url: receiver.url, events: ['budget.exceeded'], filter: { client_id: id } };
    const { id: hook } = await json<{ id: string }>(gateway.post('/v1/webhooks', webhook), 201);
    await sleep(2_500);
    const { data } = await json<{ data: object[] }>(gateway.get('/v1/rate-limits'));
    expect(data).toContainEqual(expect.objectContaining({ client_id: id, calls_per_minute: 7 }));
    await json(gateway.get(`/v1/webhooks/${hook}/deliveries`));
    expect((await gateway.send('DELETE', `/v1/webhooks/${hook}`)).status).toBe(204);
  }, 20_000);
});

describe('a client that is erased from a scenario which calls for others too', () => {
  it('is taken out of its events and deliveries, with every name that the scenario had of it, and they stay', async () => {
    const [gone, other] = ['wimbourne', 'puddlemere'];
    const events = ['scenario.paused', 'scenario.resumed'];
    const { id: hook } = await json<{ id: string }>(gateway.post('/v1/webhooks', { url: receiver.url, events }), 201);
    for (const client of [gone, other, other])
      await json(gateway.post(chat, hello({ metadata: { client_id: client, scenario_id: 'shared' } })));
    const shownTo = async (): Promise<unknown[]> =>
      (
        await json<{ data: { type: string; data: { scenario: unknown } }[] }>(
          gateway.get('/v1/events?scenario_id=shared'),
        )
      ).data.map(({ data }) => data.scenario);
    for (const name of ['Wimbourne and Puddlemere', 'Letters']) {
      await json(gateway.send('PUT', '/v1/scenarios/shared/name', { name }));
      await json(gateway.post('/v1/scenarios/shared/pause', { reason: 'Under repair' }));
      await json(gateway.post('/v1/scenarios/shared/resume', {}));
    }
    expect(await shownTo()).toMatchObject(
      ['Letters', 'Letters', 'Wimbourne and Puddlemere', 'Wimbourne and Puddlemere'].map((name) => ({
        name,
        client_count: 2,
      })),
    );
    expect((await gateway.send('DELETE', `/v1/clients/${gone}/data`)).status).toBe(204);
    const left = [{ client_id: other, name: other }];
    expect(await shownTo()).toMatchObject(
      ['Letters', 'Letters', null, null].map((name) => ({ name, clients: left, client_count: 1 })),
    );
    const { rows } = await gateway.database.pool.query(
      `select body->'data'->'scenario' as scenario from deliveries where webhook_id = $1 order by id desc`,
      [hook],
    );
    expect(rows).toMatchObject(
      ['Letters', 'Letters', null, null].map((name) => ({ scenario: { name, clients: left, client_count: 1 } })),
    );
    await eventually(async () => expect(await whereIs(['wimbourne', 'Wimbourne'])).toEqual([]), 10_000);
    expect((await gateway.send('DELETE', `/v1/webhooks/${hook}`)).status).toBe(204);
  });
});

describe('a client that is erased in test mode', () => {
  it('keeps its live answers, so that no call is repeated and stored responses continue', async () => {
    const id = 'hippogriff';
    const fields = { name: 'Live', limit_usd: 5, scope: { client_id: id } };
    const once = (): Promise<Response> => gateway.post('/v1/budgets', fields, { 'idempotency-key': 'live, once' });
    const made = await json<{ id: string }>(once(), 201);
    // Its stored answers can be continued, too.
    const respond = (more: object): Promise<Response> =>
      gateway.post('/v1/responses', { model: 'gpt-4o', input: 'Hi', metadata: { client_id: id }, ...more });
    const { id: stored } = await json<{ id: string }>(respond({ store: true }));
    expect((await gateway.send('DELETE', `/v1/clients/${id}/data`, undefined, test)).status).toBe(204);
    expect((await json<{ id: string }>(once(), 201)).id).toBe(made.id);
    await json(respond({ previous_response_id: stored }));
  });
});

describe('a client whose name is a common word', () => {
  it('takes no events and no kept answers of another client with it', async () => {
    const common = ['type', 'content', 'budget'];
    const neighbour = { 'x-client-id': 'gryffin' };
    const fields = { name: 'Monthly', limit_usd: 0.000001, on_limit: 'notify', scope: { client_id: 'gryffin' } };
    await json(gateway.post('/v1/budgets', fields), 201);
    await json(gateway.send('PUT', '/v1/clients/gryffin', { name: 'Gryffin' }));
    const paid = { ...neighbour, 'idempotency-key': 'gryffin pays once' };
    const first = await json(gateway.post(chat, hello(), paid));
    const events = async (): Promise<string[]> => {
      const { rows } = await gateway.database.pool.query(
        `select id from events where client_id = 'gryffin' union all
         select id from deliveries where body->>'client_id' = 'gryffin' order by 1`,
      );
      return (rows as { id: string }[]).map(({ id }) => id);
    };
    await eventually(async () => expect((await events()).length).toBeGreaterThan(2));
    const before = await events();
    for (const id of common) {
      await json(gateway.post(chat, hello(), { 'x-client-id': id }));
      // A client may choose what it is called, by a key of its own.
      await json(gateway.send('PUT', `/v1/clients/${id}`, { name: 'Monthly' }));
      expect((await gateway.send('DELETE', `/v1/clients/${id}/data`)).status).toBe(204);
    }
    expect(await events()).toEqual(before);
    const again = await gateway.post(chat, hello(), paid);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await json(Promise.resolve(again))).toEqual(first);
  }, 30_000);
});

describe('a client that is erased while it calls', () => {
  it('has its calls ended properly, without a trace of its name', async () => {
    const late = 'quidditch-late';
    gateway.fakes.openai.reply({ text: 'Late but whole.' }, { text: 'Late but whole.' });
    gateway.fakes.openai.fault({ kind: 'delay', ms: 2_000 }, { kind: 'delay', ms: 2_000 });
    const calls = [
      gateway.post(chat, hello(), { 'x-client-id': late }),
      gateway.post(chat, hello({ stream: true }), { 'x-client-id': late }),
    ];
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query(
        `select 1 from calls where client_id = $1 and status = 'open'`,
        [late],
      );
      expect(rows).toHaveLength(2);
    });
    expect((await gateway.send('DELETE', `/v1/clients/${late}/data`)).status).toBe(204);
    for (const answer of await Promise.all(calls)) expect(await answer.text()).toContain('"finish_reason":"stop"');
    await eventually(async () => expect(await whereIs([late])).toEqual([]), 10_000);
    const { rows } = await gateway.database.pool.query(
      `select status, cost_nanos > 0 as paid from calls where client_id = (select max(id) from erased_clients where erased_at = (select max(erased_at) from erased_clients))`,
    );
    expect(rows).toEqual([
      { status: 'succeeded', paid: true },
      { status: 'succeeded', paid: true },
    ]);
  }, 30_000);
});

describe('an erasure that is cut off', () => {
  const due = () =>
    gateway.database.pool.query(
      'update erased_clients set resume_at = now() where unfinished_before is not null and sealed_name is not null',
    );
  const unfinished = async () =>
    (await gateway.database.pool.query('select 1 from erased_clients where unfinished_before is not null')).rowCount;

  it('by a crash goes on by itself', async () => {
    const id = 'quidditch-crash';
    await json(gateway.send('PUT', `/v1/clients/${id}`, { name: id }));
    for (let i = 0; i < 3; i++) await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    const { pool } = gateway.database;
    // As if the process went in the middle of it: what is done before calls are renamed is done, and nothing after it.
    await pool.query(`
      create function crash() returns trigger language plpgsql as $$ begin raise exception 'crash'; end $$;
      create trigger crash before update on calls for each row when (old.client_id = '${id}') execute function crash()`);
    expect((await gateway.send('DELETE', `/v1/clients/${id}/data`)).status).toBe(500);
    await json(gateway.get(`/v1/clients/${id}`), 404);
    expect(await unfinished()).toBe(1);
    await pool.query('drop function crash cascade');
    await due();
    await eventually(async () => expect(await whereIs([id])).toEqual([]), 15_000);
    expect(await unfinished()).toBe(0);
  }, 40_000);

  it('by its time, with millions of calls, is answered, goes on by itself, and leaves a client alone that was made again', async () => {
    const id = 'quidditch-large';
    for (let i = 0; i < 3; i++) await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    const { services } = gateway.gateway;
    const { rows } = await gateway.database.pool.query('select workspace_id from calls where client_id = $1', [id]);
    const [{ workspace_id: workspaceId }] = rows as [{ workspace_id: string }];
    await eraseClient(services, { workspaceId, livemode: true }, id, { patienceMs: -1 });
    expect(await unfinished()).toBe(1);
    // An older version takes all that have a time here, and ends them once the last hour is swept.
    const older = await gateway.database.pool.query(
      'select 1 from erased_clients where unfinished_before is not null and next_sweep_at is not null',
    );
    expect(older.rowCount).toBe(0);
    const of = async (): Promise<number> =>
      (await gateway.database.pool.query('select 1 from calls where client_id = $1', [id])).rowCount ?? 0;
    await json(gateway.post(chat, hello(), { 'x-client-id': id }));
    const stored = { model: 'gpt-4o', input: 'Hi', store: true, metadata: { client_id: id } };
    const answer = await json<{ id: string }>(gateway.post('/v1/responses', stored));
    const answers = async (): Promise<unknown[]> =>
      (await gateway.database.pool.query('select id from stored_answers where client_id = $1', [id])).rows;
    await eventually(async () => expect(await answers()).toContainEqual({ id: answer.id }));
    await due();
    await eventually(async () => expect([await unfinished(), await of()]).toEqual([0, 2]), 15_000);
    expect(await answers()).toContainEqual({ id: answer.id });
  }, 40_000);
});

describe('a database that is restored from before', () => {
  it('erases the client again at the next start, by a hash', async () => {
    const { services } = gateway.gateway;
    const filed = readFileSync(join(services.dataDir, 'erased-clients.jsonl'), 'utf8');
    expect(filed).not.toContain('uidditch');
    // As a back-up from before the erasure has it: the client, and no word of the erasure.
    const restored = 'quidditch-restored';
    await json(gateway.post(chat, hello(), { 'x-client-id': restored }));
    await gateway.send('PUT', `/v1/clients/${restored}`, { name: restored });
    const { rows } = await gateway.database.pool.query('select * from clients where id = $1', [restored]);
    expect((await gateway.send('DELETE', `/v1/clients/${restored}/data`)).status).toBe(204);
    await gateway.database.pool.query(
      `with last as (delete from erased_clients where erased_at = (select max(erased_at) from erased_clients) returning id)
       update calls set client_id = $1 where client_id = (select id from last)`,
      [restored],
    );
    await gateway.database.pool.query(
      'insert into clients select * from json_populate_recordset(null::clients, $1::json)',
      [JSON.stringify(rows)],
    );
    await repeatErasures(services);
    expect(await whereIs([restored])).toEqual([]);
    // Once is enough: a new client of that name stays.
    await gateway.send('PUT', `/v1/clients/${restored}`, { name: restored });
    await repeatErasures(services);
    expect(await json(gateway.get(`/v1/clients/${restored}`))).toMatchObject({ id: restored });
    // A restore into another folder brings along what is noted in the one the back-up was made from.
    const restoredDir = join(mkdtempSync(join(tmpdir(), 'ai-gateway-erased-')), 'new');
    await bringErased(services.dataDir, restoredDir);
    expect((await readErasedClients(restoredDir)).map(({ id }) => id)).toEqual(
      (await readErasedClients(services.dataDir)).map(({ id }) => id),
    );
    // Another machine's folder learns of all.
    const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-erased-'));
    await repeatErasures({ ...services, dataDir });
    expect(readFileSync(join(dataDir, 'erased-clients.jsonl'), 'utf8').trim().split('\n')).toHaveLength(
      filed
        .trim()
        .split('\n')
        .filter((line) => line !== '').length + 1,
    );
  }, 30_000);
});
