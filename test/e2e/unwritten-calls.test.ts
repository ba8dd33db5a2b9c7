import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { takeInUnwritten } from '../../gateway/src/ledger/take-in-unwritten-job.ts';
import { keepFilesUntaken } from '../../gateway/src/usage/unwritten-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Rows that the database refuses for reasons of its own: nothing of a call is lost for that, and nobody else notices. */
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
afterEach(async () => {
  gateway.fakes.reset();
  await sql('drop trigger if exists hostile on calls; drop trigger if exists hostile on unwritten_calls');
});

const sql = (text: string, values?: unknown[]) => gateway.database.pool.query(text, values);

/** A trigger on calls that does this to the rows of one client. */
async function hostile(when: 'insert' | 'update', client: string, does: string, table = 'calls'): Promise<void> {
  const theirs = table === 'calls' ? `new.client_id = '${client}'` : `new.call ->> 'c' = '${client}'`;
  await sql(`
    create or replace function hostile_${table}() returns trigger language plpgsql as $$
      begin if ${theirs} then ${does} end if; return new; end $$;
    drop trigger if exists hostile on ${table};
    create trigger hostile before ${when} on ${table} for each row execute function hostile_${table}()`);
}

async function budgetFor(client: string): Promise<() => Promise<number>> {
  const asked = { name: client, limit_usd: 5, scope: { client_id: client } };
  const { id } = await json<{ id: string }>(gateway.post('/v1/budgets', asked), 201);
  return async () => (await json<{ spent_usd: number }>(gateway.get(`/v1/budgets/${id}`))).spent_usd;
}

const ask = (client: string, more = {}): Promise<Response> =>
  gateway.post(chat, hello({ max_tokens: 40, ...more }), { 'x-client-id': client });

async function books(): Promise<{ right: boolean; lines: string }> {
  const lines: string[] = [];
  const { dataDir } = gateway.gateway.services;
  const right = await verifyLedger(gateway.database.pool, (line) => lines.push(line), { dataDir });
  return { right, lines: lines.join('\n') };
}

async function unwritten(client: string): Promise<{ id: string; status: string; nanos: bigint; error: string }[]> {
  const { rows } = await sql(
    `select id, status, cost_nanos as nanos, error from unwritten_calls where call ->> 'c' = $1 order by id`,
    [client],
  );
  return rows as { id: string; status: string; nanos: bigint; error: string }[];
}

async function counted(): Promise<number> {
  const text = await (await gateway.get('/metrics')).text();
  return Number(/^gateway_unwritten_calls_total (\d+)$/m.exec(text)?.[1]);
}

it.each([
  ['a trigger that divides by zero', 'perform 1 / 0;', /division by zero/],
  ['a trigger that raises what it likes', `raise exception 'not this client';`, /not this client/],
  ['a trigger that is broken itself', 'perform no_such_column from calls;', /no_such_column/],
  ['text that is no number', `perform 'x'::integer;`, /invalid input syntax/],
])(
  '%s: the call is answered and on record, its money is spent, and no other call is touched',
  async (name, does, says) => {
    const client = name.replaceAll(' ', '-');
    const spent = await budgetFor(client);
    gateway.fakes.openai.usually({ tokens: 40 });
    await hostile('insert', client, does);
    const before = await counted();
    const answers = await Promise.all([
      ...Array.from({ length: 3 }, () => ask(client)),
      ...Array.from({ length: 30 }, () => ask(`${client}-neighbour`)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const reported = answers.slice(0, 3).reduce((sum, one) => sum + Number(one.headers.get('x-gateway-cost-usd')), 0);
    expect(reported).toBeGreaterThan(0);
    expect(await spent()).toBeCloseTo(reported, 9);
    const kept = await unwritten(client);
    expect(kept.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(Number(kept.reduce((sum, { nanos }) => sum + nanos, 0n)) / 1e9).toBeCloseTo(reported, 9);
    for (const { error } of kept) expect(error).toMatch(says);
    expect((await counted()) - before).toBe(3);
    const { rows } = await sql('select count(*)::integer as n from calls where client_id = $1', [
      `${client}-neighbour`,
    ]);
    expect(rows).toEqual([{ n: 30 }]);
    const { right, lines } = await books();
    expect(right).toBe(true);
    for (const { id } of kept) expect(lines).toContain(id);
  },
);

it('a call whose end is refused is on record with its true figures, and its open row holds up nothing', async () => {
  const spent = await budgetFor('at-close');
  await sql(`alter table calls add constraint hostile check (client_id <> 'at-close' or status = 'open') not valid`);
  try {
    gateway.fakes.openai.reply({ text: 'one two', chunks: 2, chunkDelayMs: 100, usage: { input: 12, output: 34 } });
    const stream = await ask('at-close', { stream: true });
    expect(await stream.text()).toContain('[DONE]');
    const [call] = await unwritten('at-close');
    expect(call).toMatchObject({ status: 'succeeded', error: expect.stringMatching(/violates check constraint/) });
    expect(await spent()).toBeCloseTo(12 * 2.5e-6 + 34 * 10e-6, 9);
    expect((await ask('at-close-neighbour')).status).toBe(200);
    expect((await books()).right).toBe(true);
  } finally {
    await sql('alter table calls drop constraint hostile');
  }
});

it('a call that unwritten_calls refuses too is kept in a file of its owner only, and is taken in later', async () => {
  const spent = await budgetFor('filed');
  gateway.fakes.openai.usually({ tokens: 40 });
  await hostile('insert', 'filed', 'perform 1 / 0;');
  await hostile('insert', 'filed', `raise exception 'broken too';`, 'unwritten_calls');
  const { dataDir } = gateway.gateway.services;
  const answer = await ask('filed');
  expect(answer.status).toBe(200);
  const reported = Number(answer.headers.get('x-gateway-cost-usd'));
  expect(await spent()).toBeCloseTo(reported, 9);
  const [file = ''] = readdirSync(dataDir).filter((name) => name.startsWith('unwritten-calls'));
  const path = join(dataDir, file);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const id = answer.headers.get('x-request-id') ?? '';
  // An older version that takes the file over knows by this line that the money is posted.
  expect(readFileSync(path, 'utf8')).toContain(
    `${JSON.stringify({ posted: id, status: 'succeeded', isFiled: true })}\n`,
  );
  const during = await books();
  expect(during.right).toBe(true);
  expect(during.lines).toContain(id);
  await sql('drop trigger hostile on unwritten_calls');
  await expect.poll(() => unwritten('filed'), { timeout: 12_000 }).toMatchObject([{ id, status: 'succeeded' }]);
  await expect.poll(() => existsSync(path)).toBe(false);
  expect(await spent()).toBeCloseTo(reported, 9);
  expect((await books()).right).toBe(true);
});

it('is charged once when its process is killed after its money was posted and before anything else', async () => {
  const spent = await budgetFor('posted-and-killed');
  gateway.fakes.openai.usually({ tokens: 40 });
  await hostile('insert', 'posted-and-killed', 'perform 1 / 0;');
  await hostile('insert', 'posted-and-killed', `raise exception 'broken too';`, 'unwritten_calls');
  const { dataDir } = gateway.gateway.services;
  const answer = await ask('posted-and-killed');
  const reported = Number(answer.headers.get('x-gateway-cost-usd'));
  expect(await spent()).toBeCloseTo(reported, 9);
  const [file = ''] = readdirSync(dataDir).filter((name) => name.startsWith('unwritten-calls'));
  // The killed process has left the call itself, and the file does not say whether its money is posted.
  const lines = readFileSync(join(dataDir, file), 'utf8').trim().split('\n');
  const [call = ''] = lines.filter((line) => line.includes(answer.headers.get('x-request-id') ?? ''));
  rmSync(join(dataDir, file));
  await sql('drop trigger hostile on unwritten_calls');
  writeFileSync(join(dataDir, 'unwritten-calls-proc_killed.jsonl'), `${call}\n`);
  await takeInUnwritten(gateway.gateway.services);
  expect(await unwritten('posted-and-killed')).toHaveLength(1);
  expect(await spent()).toBeCloseTo(reported, 9);
  expect((await books()).right).toBe(true);
  expect((await sql('select 1 from filed_postings')).rowCount).toBe(0);
});

describe('the file of a process that is gone', () => {
  /** As that process left it: one call of a client, at this cost. */
  async function filed(client: string) {
    const spent = await budgetFor(client);
    gateway.fakes.openai.usually({ tokens: 40 });
    expect((await ask(client)).status).toBe(200);
    const before = await spent();
    const meters = await sql('select m.id from meters m join budgets b on b.id = m.budget_id where b.client_id = $1', [
      client,
    ]);
    const { rows } = await sql('select id from workspaces order by created_at limit 1');
    const [{ id: workspaceId }] = rows as [{ id: string }];
    const id = `req_${client}`;
    const call = {
      workspaceId,
      createdAt: new Date().toISOString(),
      id,
      processId: 'proc_gone',
      status: 'succeeded',
      costNanos: '2000000000',
      holdNanos: '3000000000',
      meters: (meters.rows as { id: bigint }[]).map((row) => String(row.id)),
      call: { c: client, live: true },
      error: 'broken',
    };
    const write = (process: string, ...lines: object[]): void =>
      writeFileSync(
        join(gateway.gateway.services.dataDir, `unwritten-calls-${process}.jsonl`),
        lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      );
    return { added: async () => (await spent()) - before, call, posted: { posted: id, status: call.status }, write };
  }
  const takeIn = () => takeInUnwritten(gateway.gateway.services);

  it('is taken in once, also when its reader was killed before removing it', async () => {
    const one = await filed('read-twice');
    // The money of this one was posted before that process went.
    await sql(`update meters set spent_nanos = spent_nanos + 2000000000 where id = any($1)`, [one.call.meters]);
    for (const _ of ['read', 'and read again']) {
      one.write('proc_gone1', one.call, one.posted);
      await takeIn();
      expect(await unwritten('read-twice')).toMatchObject([{ status: 'succeeded', nanos: 2_000_000_000n }]);
      expect(await one.added()).toBeCloseTo(2, 9);
    }
  });

  it('is charged once, also when two processes read it at the same moment', async () => {
    const one = await filed('read-by-two');
    for (const reader of ['a', 'b', 'c', 'd']) one.write(`proc_gone_${reader}`, one.call);
    await Promise.all([takeIn(), takeIn(), takeIn(), takeIn()]);
    expect(await one.added()).toBeCloseTo(2, 9);
  });

  it('charges nothing for a call whose end is on record elsewhere', async () => {
    const one = await filed('ended-elsewhere');
    one.write('proc_gone2', one.call);
    await takeIn();
    one.write('proc_gone3', { ...one.call, status: 'open', costNanos: '0' });
    await takeIn();
    expect(await one.added()).toBeCloseTo(2, 9);
    expect(await unwritten('ended-elsewhere')).toMatchObject([{ status: 'succeeded' }]);
  });

  it('keeps its name while a backup copies it, and is taken in afterwards', async () => {
    const one = await filed('copied');
    one.write('proc_gone5', one.call);
    const path = join(gateway.gateway.services.dataDir, 'unwritten-calls-proc_gone5.jsonl');
    const backup = await gateway.database.pool.connect();
    try {
      await keepFilesUntaken(backup);
      await takeIn();
      expect(existsSync(path)).toBe(true);
    } finally {
      // The lock goes with its connection.
      backup.release(true);
    }
    await expect.poll(takeIn).toBeUndefined();
    await expect.poll(() => existsSync(path), { timeout: 12_000 }).toBe(false);
    expect(await one.added()).toBeCloseTo(2, 9);
  });

  it('stays where it cannot be read', async () => {
    const { dataDir } = gateway.gateway.services;
    const path = join(dataDir, 'unwritten-calls-proc_gone4.jsonl');
    symlinkSync(dataDir, path);
    await expect(takeIn()).rejects.toThrow(/EISDIR/);
    const [left = ''] = readdirSync(dataDir).filter((name) => name.startsWith('unwritten-calls-proc_gone4'));
    expect(left).not.toBe('');
    rmSync(join(dataDir, left));
  });
});
