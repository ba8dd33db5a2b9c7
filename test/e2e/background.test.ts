import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deleteOldBackground } from '../../gateway/src/background/background-store.ts';
import { adoptOrphans } from '../../gateway/src/calls/adopt-orphans-job.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', FIRST_BYTE_TIMEOUT_MS: '20000' });
  receiver = await startReceiver();
});
afterEach(() => gateway.fakes.reset());
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

/** Posts a completion to be answered by callback; its text comes back from the fake as it was sent. */
async function post(text: string, callback = receiver.url, at = gateway): Promise<string> {
  const body = hello({ callback_url: callback, messages: [{ role: 'user', content: text }] });
  return (await json<{ id: string }>(at.post(`${chat}/background`, body), 202)).id;
}
const statusOf = async (id: string): Promise<string> =>
  (await json<{ status: string }>(gateway.get(`${chat}/background/${id}`))).status;

describe('a completion in the background', () => {
  // All that had been taken together had to end before anything else was taken.
  it('does not wait for a slow one that was sent before it', async () => {
    gateway.fakes.openai.fault({ kind: 'held' });
    const slow = await post('slow');
    await eventually(() => expect(gateway.fakes.openai.requests).toHaveLength(1));
    for (const text of ['quick', 'quick again']) {
      const quick = await post(text);
      await eventually(async () => expect(await statusOf(quick)).toBe('completed'));
    }
    expect(await statusOf(slow)).toBe('running');
    gateway.fakes.openai.release();
    await eventually(async () => expect(await statusOf(slow)).toBe('completed'), 10_000);
  });

  it('is delivered though the receiver of another one does not answer', async () => {
    const silent = await startReceiver();
    silent.answer = 'hang';
    await post('nobody listens', silent.url);
    await silent.waitFor(1);
    const before = receiver.received.length;
    await post('somebody listens');
    await receiver.waitFor(before + 1, 4_000);
    await silent.stop();
  });

  it('is not run for a client that was erased while it ran and was put off', async () => {
    const own = await startReceiver();
    const body = hello({ callback_url: own.url, messages: [{ role: 'user', content: 'for one who is gone' }] });
    const posted = gateway.post(`${chat}/background`, body, { 'x-client-id': 'gone' });
    const { id } = await json<{ id: string }>(posted, 202);
    await own.waitFor(1);
    const { pool } = gateway.database;
    await pool.query('create table put_off as select * from background_calls where id = $1', [id]);
    await pool.query(
      "update put_off set state = 'queued', process_id = null, next_try_at = null, sealed_outcome = null",
    );
    expect((await gateway.send('DELETE', '/v1/clients/gone/data')).status).toBe(204);
    await pool.query('insert into background_calls select * from put_off');
    await eventually(async () =>
      expect((await pool.query('select 1 from background_calls where id = $1', [id])).rows).toEqual([]),
    );
    expect(own.received).toHaveLength(1);
    await pool.query('drop table put_off');
    await own.stop();
  });

  it('is run later when it meets a rate limit', async () => {
    const made = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'One at a time', role: 'caller', rate_limit: { concurrent: 1 } }),
      201,
    );
    gateway.fakes.openai.always({ kind: 'delay', ms: 500 });
    const ids: string[] = [];
    for (const text of ['first', 'second', 'third']) {
      const body = hello({ callback_url: receiver.url, messages: [{ role: 'user', content: text }] });
      const posted = gateway.post(`${chat}/background`, body, { authorization: `Bearer ${made.key}` });
      ids.push((await json<{ id: string }>(posted, 202)).id);
    }
    await eventually(async () => {
      for (const id of ids) expect(await statusOf(id)).toBe('completed');
    }, 25_000);
    expect(gateway.fakes.openai.requests).toHaveLength(3);
  }, 40_000);

  // 60 queued, the key deleted: 40 more went to the provider afterwards.
  it.each([
    ['deleted', (id: string) => gateway.send('DELETE', `/v1/keys/${id}`)],
    [
      'past its end',
      (id: string) =>
        gateway.database.pool.query(`update api_keys set expires_at = now() - interval '1 minute' where id = $1`, [id]),
    ],
  ])(
    'is not run any more once its key is %s, and its callback says so',
    async (_how, end) => {
      const made = await json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'Leaving' }), 201);
      const reported = await startReceiver();
      gateway.fakes.openai.always({ kind: 'held' });
      const body = hello({ callback_url: reported.url });
      for (let i = 0; i < 25; i++)
        await json(gateway.post(`${chat}/background`, body, { authorization: `Bearer ${made.key}` }), 202);
      await eventually(() => expect(gateway.fakes.openai.requests).toHaveLength(20));
      await end(made.id);
      gateway.fakes.openai.release();
      await reported.waitFor(25, 15_000);
      expect(gateway.fakes.openai.requests).toHaveLength(20);
      const outcomes = reported.received.map(
        ({ body: text }) => JSON.parse(text) as { status: string; error?: object },
      );
      expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(20);
      for (const { status, error } of outcomes)
        if (status === 'failed')
          expect(error).toEqual({
            code: 'invalid_api_key',
            message: 'The API key of this background call was deleted or has expired, so the call was not made.',
          });
      await reported.stop();
    },
    30_000,
  );

  it('keeps neither its callback address in clear nor its request once it has run', async () => {
    const id = await post('a secret question', `${receiver.url}/hidden-path`);
    await eventually(async () => expect(await statusOf(id)).toBe('completed'));
    const { rows } = await gateway.database.pool.query(
      'select callback_url, sealed_request, background_calls::text as text from background_calls where id = $1',
      [id],
    );
    expect(rows).toMatchObject([{ callback_url: null, sealed_request: null }]);
    expect((rows as { text: string }[])[0]?.text).not.toContain('hidden-path');
  });

  it('is one of twenty at a time where there are many', async () => {
    gateway.fakes.openai.always({ kind: 'held' });
    const ids = await Promise.all(Array.from({ length: 25 }, (_, i) => post(`many ${i}`)));
    await eventually(() => expect(gateway.fakes.openai.requests).toHaveLength(20));
    const taken = await Promise.all(ids.map(statusOf));
    expect(taken.filter((status) => status === 'queued')).toHaveLength(5);
    gateway.fakes.openai.release();
    await eventually(async () => {
      for (const id of ids) expect(await statusOf(id)).toBe('completed');
    }, 10_000);
    expect(gateway.fakes.openai.requests).toHaveLength(25);
  });
});

it('a completion that was delivered a month ago is deleted, and others stay', async () => {
  const [old, waiting, recent] = [await post('old'), await post('waiting'), await post('recent')];
  for (const id of [old, waiting, recent]) await eventually(async () => expect(await statusOf(id)).toBe('completed'));
  const { pool } = gateway.database;
  await eventually(async () => {
    const reported = 'select 1 from background_calls where id = any($1) and delivered_at is not null';
    expect((await pool.query(reported, [[old, waiting, recent]])).rowCount).toBe(3);
  });
  await pool.query(`update background_calls set created_at = now() - interval '31 days' where id = any($1)`, [
    [old, waiting],
  ]);
  await pool.query(`update background_calls set next_try_at = now() + interval '1 hour' where id = $1`, [waiting]);
  await deleteOldBackground(pool);
  const { rows } = await pool.query('select id from background_calls where id = any($1) order by created_at', [
    [old, waiting, recent],
  ]);
  expect(rows).toEqual([{ id: waiting }, { id: recent }]);
});

describe('while the database fails for a moment', () => {
  /** The next `times` statements with these words are done, but for nobody to hear of; or not at all. */
  function fail(words: string, { times, after }: { times: number; after: 'doing it' | 'nothing' }): () => number {
    const { db } = gateway.gateway.services;
    const { query } = db;
    let failed = 0;
    db.query = (async (...args: unknown[]) => {
      const ask = (): Promise<unknown> => (query as (...all: unknown[]) => Promise<unknown>).apply(db, args);
      if (typeof args[0] !== 'string' || !args[0].includes(words) || failed >= times) return ask();
      failed += 1;
      if (after === 'doing it') await ask();
      throw Object.assign(new Error('connection lost'), { code: '08006' });
    }) as never;
    return () => {
      db.query = query;
      return failed;
    };
  }

  it('a result that is paid for is delivered', async () => {
    const failed = fail('sealed_outcome = $4', { times: 3, after: 'nothing' });
    const id = await post('paid');
    await eventually(() => expect(receiver.received.some(({ body }) => JSON.stringify(body).includes(id))).toBe(true));
    expect(failed()).toBe(3);
    expect(await statusOf(id)).toBe('completed');
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('a call that was accepted without a confirmation is accepted again', async () => {
    const failed = fail("set state = 'running'", { times: 1, after: 'doing it' });
    const id = await post('taken');
    await eventually(async () => expect(await statusOf(id)).toBe('completed'));
    expect(failed()).toBe(1);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('a process continues as itself', async () => {
    gateway.fakes.openai.fault({ kind: 'held' });
    const id = await post('alive');
    await eventually(() => expect(gateway.fakes.openai.requests).toHaveLength(1));
    await gateway.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'ai-gateway process' and datname = current_database()`,
    );
    await adoptOrphans(gateway.gateway.services);
    expect(await statusOf(id)).toBe('running');
    gateway.fakes.openai.release();
    await eventually(async () => expect(await statusOf(id)).toBe('completed'));
  });

  it('an Idempotency-Key is free for the retry as soon as the database is back', async () => {
    const failed = fail('delete from idempotent_answers', { times: 2, after: 'nothing' });
    const headers = { 'idempotency-key': 'away', 'x-gateway-fallback': 'none' };
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect((await gateway.post(chat, hello(), headers)).status).toBe(502);
    expect((await gateway.post(chat, hello(), headers)).status).toBe(409);
    await eventually(async () => expect((await gateway.post(chat, hello(), headers)).status).toBe(200));
    expect(failed()).toBe(2);
  });

  it('an answer is sent before it can be kept, and is kept later', async () => {
    const failed = fail("set state = 'done'", { times: 1, after: 'nothing' });
    const headers = { 'idempotency-key': 'kept later' };
    expect((await gateway.post(chat, hello(), headers)).status).toBe(200);
    await eventually(async () => {
      const again = await gateway.post(chat, hello(), headers);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    });
    expect(failed()).toBe(1);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });
});

describe('a gateway that stops', () => {
  it('finishes its background calls, and accepts no more', async () => {
    const stopping = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', FIRST_BYTE_TIMEOUT_MS: '20000' });
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const callback = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/hook`;
    try {
      stopping.fakes.openai.fault({ kind: 'held' });
      const underWay = await post('under way', callback, stopping);
      await eventually(() => expect(stopping.fakes.openai.requests).toHaveLength(1));
      const stopped = stopping.gateway.stop();
      // As another process would leave one waiting while this one stops.
      await stopping.database.pool.query(
        `insert into background_calls (workspace_id, id, livemode, key_id, state, callback_url, sealed_request, sealed_secret)
         select workspace_id, 'bg_waiting', livemode, key_id, 'queued', callback_url, sealed_request, sealed_secret
         from background_calls where id = $1`,
        [underWay],
      );
      stopping.fakes.openai.release();
      await stopped;
      const { rows } = await stopping.database.pool.query('select id, state from background_calls order by created_at');
      expect(rows).toEqual([
        { id: underWay, state: 'completed' },
        { id: 'bg_waiting', state: 'queued' },
      ]);
    } finally {
      await stopping.stop();
      silent.close();
    }
  });
});
