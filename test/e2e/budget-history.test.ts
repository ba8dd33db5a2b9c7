import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const secret = 'ef'.repeat(32);

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_SECRET: secret });
});
afterAll(() => gateway.stop());

interface Budget {
  id: string;
  limit_usd: number;
  spent_usd: number;
  held_usd: number;
}
interface Entry {
  kind: string;
  at: string;
  by: string | null;
  by_usd: number | null;
  raise_id: string | null;
  undone_at: string | null;
  limit_before_usd: number | null;
  limit_usd: number;
  spent_usd: number | null;
  fields: string[];
  instances: number | null;
}

const create = (body: object): Promise<Budget> =>
  json(gateway.post('/v1/budgets', { name: 'Acme', limit_usd: 50, ...body }), 201);
const read = (id: string): Promise<Budget> => json(gateway.get(`/v1/budgets/${id}`));
const raise = (id: string, body: object): Promise<Budget & { raise_id: string }> =>
  json(gateway.post(`/v1/budgets/${id}/raise`, body));
const undo = (id: string, raiseId: string): Promise<Response> =>
  gateway.send('DELETE', `/v1/budgets/${id}/raises/${raiseId}`);
const history = async (id: string, headers = {}): Promise<Entry[]> =>
  (await json<{ data: Entry[] }>(gateway.get(`/v1/budgets/${id}/history`, headers))).data;
/** A call of gpt-4o that costs $10 for a million tokens of answer. */
async function spend(client: string, tokens: number): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: tokens } });
  await json(gateway.post(chat, hello({ max_tokens: tokens }), { 'x-client-id': client }));
}
/** Tries again while another process has not returned its money. */
async function undoPatiently(id: string, raiseId: string): Promise<Response> {
  for (;;) {
    const answer = await undo(id, raiseId);
    if (answer.status !== 503) return answer;
  }
}
async function expectCleanBooks(): Promise<void> {
  await eventually(async () => expect((await compareBooks(gateway.database.pool)).differences).toEqual([]));
}

it('the history of a budget names each change, by whom, with the limit before and after', async () => {
  const { id } = await create({ scope: { client_id: 'told' } });
  await json(gateway.send('PATCH', `/v1/budgets/${id}`, { limit_usd: 60, name: 'Acme Inc.' }));
  const raised = await raise(id, { by_usd: 20 });
  expect(raised.limit_usd).toBe(80);
  const entries = await history(id);
  expect(entries.map(({ kind }) => kind)).toEqual(['raise', 'changed', 'created']);
  const [first, second, third] = entries;
  expect(first).toMatchObject({ by_usd: 20, raise_id: raised.raise_id, limit_before_usd: 60, limit_usd: 80 });
  expect(second).toMatchObject({ fields: ['limit_usd', 'name'], limit_before_usd: 50, limit_usd: 60 });
  expect(third).toMatchObject({ limit_before_usd: null, limit_usd: 50 });
  const me = await json<{ key: { name: string } }>(gateway.get('/v1/me'));
  expect(new Set(entries.map(({ by }) => by))).toEqual(new Set([me.key.name]));
});

it('a page of the history ends where the next one begins', async () => {
  const { id } = await create({ scope: { client_id: 'pages' } });
  for (let by = 1; by <= 3; by++) await raise(id, { by_usd: by });
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await json<{ data: Entry[]; next_cursor: string | null }>(
      gateway.get(`/v1/budgets/${id}/history?limit=1${cursor}`),
    );
    seen.push(...page.data.map(({ kind, by_usd }) => `${kind} ${by_usd}`));
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(seen).toEqual(['raise 3', 'raise 2', 'raise 1', 'created null']);
  expect((await gateway.get(`/v1/budgets/${id}/history?cursor=WyJhIl0`)).status).toBe(400);
});

it('past periods show their limit and their spending, of all instances together', async () => {
  const { id } = await create({ limit_usd: 5, scope: { client_id: '*' }, period: 'month' });
  await spend('north', 100);
  await spend('south', 300);
  await expectCleanBooks();
  // The month is over: as if it had been the one before.
  await gateway.database.pool.query(
    `update meters set period_start = '2026-01-01', period_end = '2026-02-01' where budget_id = $1`,
    [id],
  );
  const past = (await history(id)).find(({ kind }) => kind === 'period');
  expect(past).toMatchObject({ limit_usd: 5, instances: 2, at: '2026-02-01T00:00:00.000Z', by: null });
  expect(past?.spent_usd).toBeCloseTo(0.004, 6);
});

it('a raise is taken back once, and the answer to the second time says so', async () => {
  const { id } = await create({ scope: { client_id: 'once' } });
  const first = await raise(id, { by_usd: 20 });
  const second = await raise(id, { by_usd: 5, until: 'forever' });
  expect((await undo(id, first.raise_id)).status).toBe(204);
  expect((await read(id)).limit_usd).toBe(55);
  const again = await json<{ error: { code: string; message: string } }>(undo(id, first.raise_id), 409);
  expect(again.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('was taken back at') });
  expect((await undo(id, second.raise_id)).status).toBe(204);
  expect((await read(id)).limit_usd).toBe(50);
  const entries = await history(id);
  expect(entries.map(({ kind, by_usd }) => [kind, by_usd])).toEqual([
    ['raise_undone', 5],
    ['raise_undone', 20],
    ['raise', 5],
    ['raise', 20],
    ['created', null],
  ]);
  expect(entries.at(-2)?.undone_at).toBe(entries[1]?.at);
  expect((await undo(id, 'chg_unknown')).status).toBe(404);
  const other = await create({ scope: { client_id: 'other' } });
  expect((await undo(other.id, first.raise_id)).status).toBe(404);
});

it('the spent part of a raise stays, and the rest is taken back', async () => {
  const { id } = await create({ limit_usd: 0.001, scope: { client_id: 'partly' } });
  const { raise_id } = await raise(id, { by_usd: 0.01, until: 'forever' });
  await spend('partly', 300);
  expect((await undo(id, raise_id)).status).toBe(204);
  const after = await read(id);
  expect(after.limit_usd).toBe(after.spent_usd);
  expect(after.spent_usd).toBeGreaterThan(0.001);
  expect((await history(id))[0]?.by_usd).toBeCloseTo(0.011 - after.spent_usd, 9);
  expect((await gateway.post(chat, hello({ max_tokens: 100 }), { 'x-client-id': 'partly' })).status).toBe(402);
  // The part that was spent is for this period: from the next one on the limit is what it was before the raise.
  const { rows } = await gateway.database.pool.query('select limit_nanos from budgets where id = $1', [id]);
  expect(rows).toEqual([{ limit_nanos: 1_000_000n }]);
  await expectCleanBooks();
});

it('a limit that is set later replaces a raise, which cannot be taken back then', async () => {
  const { id } = await create({ scope: { client_id: 'set' } });
  const { raise_id } = await raise(id, { by_usd: 20 });
  await json(gateway.send('PATCH', `/v1/budgets/${id}`, { limit_usd: 40 }));
  await raise(id, { by_usd: 10 });
  await json(undo(id, raise_id), 409);
  expect((await read(id)).limit_usd).toBe(50);
});

it('a raise stays revocable when its budget moves to another time zone', async () => {
  const { id } = await create({ scope: { client_id: 'moved' } });
  const { raise_id } = await raise(id, { by_usd: 20 });
  await json(gateway.send('PATCH', `/v1/budgets/${id}`, { timezone: 'Asia/Kathmandu' }));
  expect((await undo(id, raise_id)).status).toBe(204);
  expect((await read(id)).limit_usd).toBe(50);
});

it('calls, raises and undone raises at the same time keep the cap above what is spent and held, and the books clean', async () => {
  const { id } = await create({ limit_usd: 0.02, scope: { client_id: 'busy' } });
  gateway.fakes.openai.usually({ tokens: 100 });
  gateway.fakes.openai.always({ kind: 'delay', ms: 20 });
  let calls = 0;
  let running = true;
  const callers = Array.from({ length: 8 }, async () => {
    while (running) {
      const answer = await gateway.post(chat, hello({ max_tokens: 100 }), { 'x-client-id': 'busy' });
      expect([200, 402]).toContain(answer.status);
      await answer.text();
      if (answer.status === 200) calls += 1;
    }
  });
  const changes = Array.from({ length: 3 }, async () => {
    for (let at = 0; at < 3; at++) {
      const { raise_id } = await raise(id, { by_usd: 0.005, until: at % 2 === 0 ? 'forever' : 'period_end' });
      // Two at once: one of them takes the raise back.
      const answers = await Promise.all([undoPatiently(id, raise_id), undoPatiently(id, raise_id)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      const { limit_usd, spent_usd, held_usd } = await read(id);
      expect(spent_usd + held_usd).toBeLessThanOrEqual(limit_usd + 1e-12);
      expect(held_usd).toBeGreaterThanOrEqual(0);
    }
  });
  await Promise.all(changes);
  running = false;
  await Promise.all(callers);
  gateway.fakes.reset();
  expect(calls).toBeGreaterThan(0);
  await expectCleanBooks();
  const after = await read(id);
  expect(after.held_usd).toBe(0);
  expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
  // All raises are taken back: beyond the first limit there is what was spent of them and nothing else.
  expect(after.limit_usd).toBeGreaterThanOrEqual(0.02);
  const undone = (await history(id)).filter(({ kind }) => kind === 'raise_undone');
  expect(undone.length).toBeGreaterThan(0);
});

it('a raise that is taken back on one process is gone on every other', async () => {
  const { id } = await create({ limit_usd: 0.001, scope: { client_id: 'across' } });
  const { raise_id } = await raise(id, { by_usd: 1 });
  const env = {
    ...gatewayEnv(gateway.fakes, gateway.database.url, gateway.gateway.services.dataDir),
    LOG_LEVEL: 'silent',
  };
  const other = await spawnGateway({ ...env, GATEWAY_SECRET: secret });
  try {
    const callOther = (): Promise<Response> =>
      fetch(`${other.url}${chat}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'across' },
        body: JSON.stringify(hello({ max_tokens: 200 })),
      });
    gateway.fakes.openai.usually({ tokens: 200 });
    // The other process has leased of the raise now.
    await json(callOther());
    expect((await undoPatiently(id, raise_id)).status).toBe(204);
    await json(callOther(), 402);
    const after = await read(id);
    expect(after.limit_usd).toBe(after.spent_usd);
    await expectCleanBooks();
  } finally {
    gateway.fakes.reset();
    await other.kill('SIGTERM');
  }
});

/** A budget of $50 with a raise of $20, and its balance. */
async function raisedBudget(client: string): Promise<{ id: string; raiseId: string; limit: () => Promise<number> }> {
  const { id } = await create({ scope: { client_id: client } });
  const { raise_id } = await raise(id, { by_usd: 20 });
  await spend(client, 100);
  await expectCleanBooks();
  const limit = async (): Promise<number> => {
    const { rows } = await gateway.database.pool.query('select limit_nanos from meters where budget_id = $1', [id]);
    return Number((rows[0] as { limit_nanos: bigint }).limit_nanos) / 1e9;
  };
  return { id, raiseId: raise_id, limit };
}

it('a raise stays while another process has leased of it, and is taken back when the money is returned', async () => {
  const { pool } = gateway.database;
  const { id, raiseId, limit } = await raisedBudget('leased');
  await pool.query('update meters set leased_nanos = leased_nanos + 60000000000 where budget_id = $1', [id]);
  const { error } = await json<{ error: { code: string } }>(undo(id, raiseId), 503);
  expect(error.code).toBe('service_unavailable');
  expect([(await read(id)).limit_usd, await limit()]).toEqual([70, 70]);
  expect((await history(id)).map(({ kind }) => kind)).toEqual(['raise', 'created']);
  await pool.query('update meters set leased_nanos = leased_nanos - 60000000000 where budget_id = $1', [id]);
  expect((await undoPatiently(id, raiseId)).status).toBe(204);
  expect([(await read(id)).limit_usd, await limit()]).toEqual([50, 50]);
});

it('a raise is taken back beside a process that adopts the unposted sums of another', async () => {
  const { id, raiseId } = await raisedBudget('adopted');
  const adopting = await gateway.database.pool.connect();
  try {
    await adopting.query('begin; lock table unposted_batches in row exclusive mode');
    const undone = undo(id, raiseId);
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query(
        `select 1 from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
         where not l.granted and l.mode = 'ShareLock' and l.relation = 'unposted_batches'::regclass`,
      );
      expect(rows).toHaveLength(1);
    });
    // The order of adoption: the table first, then the balances.
    await adopting.query('select 1 from meters where budget_id = $1 for update', [id]);
    await adopting.query('commit');
    expect((await undone).status).toBe(204);
  } finally {
    adopting.release();
  }
});

it('a budget is never shown with a lower limit than its balance has', async () => {
  const { id } = await raisedBudget('ahead');
  // As if the budget was raised after it was read, and before its balance was.
  await gateway.database.pool.query('update meters set limit_nanos = 80000000000 where budget_id = $1', [id]);
  expect((await read(id)).limit_usd).toBe(80);
});

it("a client's own key sees the history of its budgets in billed dollars, without names", async () => {
  await json(gateway.send('PUT', '/v1/clients/billed', { markup_percent: 100 }));
  const key = await json<{ key: string }>(
    gateway.post('/v1/keys', {
      name: 'Billed',
      role: 'member',
      tags: { client_id: 'billed' },
      locked_tags: ['client_id'],
    }),
    201,
  );
  const as = { authorization: `Bearer ${key.key}` };
  const { id } = await create({ limit_usd: 10, scope: { client_id: 'billed' } });
  await raise(id, { by_usd: 5 });
  expect(await history(id, as)).toMatchObject([
    { kind: 'raise', by: null, by_usd: 10, limit_before_usd: 20, limit_usd: 30 },
    { kind: 'created', by: null, limit_usd: 20 },
  ]);
});
