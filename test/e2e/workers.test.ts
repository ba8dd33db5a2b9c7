import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, eventually, hello } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { type PinnedAnswer, type PinnedClient, pinnedClient } from '../support/pinned-client.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
let fakes: Fakes;
let database: TestDatabase;
let gateway: GatewayProcess;
/** A connection for each worker. */
let clients: PinnedClient[];
const dataDir = dataFolder('workers');

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  gateway = await spawnGateway({
    ...gatewayEnv(fakes, database.url, dataDir),
    WORKERS: '2',
    GATEWAY_OPERATOR_KEY: operatorKey,
    FIRST_BYTE_TIMEOUT_MS: '10000',
    ANSWER_TIMEOUT_MS: '10000',
  });
  clients = await onePerWorker();
});
afterEach(() => fakes.reset());
afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.kill('SIGTERM');
  await fakes.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Which worker answered, by the record of the call. */
async function workerOf({ headers }: PinnedAnswer): Promise<number> {
  const { rows } = await database.pool.query(
    'select p.pid from calls c join processes p on p.id = c.process_id where c.id = $1',
    [headers['x-request-id']],
  );
  return (rows[0] as { pid: number } | undefined)?.pid ?? 0;
}

/** A connection goes to the worker that has fewest, as it said a second ago at the latest. */
async function onePerWorker(): Promise<PinnedClient[]> {
  const found = new Map<number, PinnedClient>();
  for (let tries = 0; tries < 20 && found.size < 2; tries++) {
    if (tries > 2) await sleep(200);
    const client = pinnedClient(gateway.url, liveKey);
    const pid = await workerOf(await client.ask(chat, { body: hello() }));
    if (found.has(pid)) client.close();
    else found.set(pid, client);
  }
  expect(found.size).toBe(2);
  return [...found.values()];
}

const at = (worker: number): PinnedClient => {
  const client = clients[worker % clients.length];
  if (client === undefined) throw new Error('no client');
  return client;
};

/** The session's cookie that an answer sets. */
function cookieOf({ headers }: PinnedAnswer): string | undefined {
  const [set] = [headers['set-cookie'] ?? []].flat();
  return set?.split(';')[0];
}

/** By then both know a setting that one of them has taken. */
const receivedMs = 200;

/** A metric as the worker tells it, all labels together. */
async function counted(worker: number, name: string): Promise<number> {
  const { text } = await at(worker).ask('/metrics');
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

describe('two workers', () => {
  it('print one greeting', () => {
    expect(gateway.output().match(/is ready at/g)).toHaveLength(1);
  });

  it('keep one cap over 200 concurrent calls where ten fit', async () => {
    const made = await at(0).ask('/v1/budgets', {
      body: { name: 'Rush', limit_usd: 0.010025, scope: { client_id: 'rush' } },
    });
    const { id } = JSON.parse(made.text) as { id: string };
    fakes.openai.usually({ tokens: 100 });
    const many = Array.from({ length: 20 }, () => pinnedClient(gateway.url, liveKey));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        many[i % many.length]?.ask(chat, { body: hello({ max_tokens: 100 }), headers: { 'x-client-id': 'rush' } }),
      ),
    );
    for (const client of many) client.close();
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([200, 402]));
    const after = JSON.parse((await at(1).ask(`/v1/budgets/${id}`)).text) as { spent_usd: number; limit_usd: number };
    const billed = answers.reduce((sum, answer) => sum + Number(answer?.headers['x-gateway-cost-usd'] ?? 0), 0);
    expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
    expect(after.spent_usd).toBeCloseTo(billed, 9);
    expect(after.spent_usd).toBeGreaterThan(0.0085);
  });

  it('share rate limits within half a second', async () => {
    const headers = { 'x-client-id': 'limited' };
    const call = (worker: number): Promise<PinnedAnswer> => at(worker).ask(chat, { body: hello(), headers });
    await at(0).ask('/v1/rate-limits', { method: 'PUT', body: { client_id: 'limited', calls_per_minute: 6 } });
    await sleep(receivedMs);
    for (let i = 0; i < 6; i++) expect((await call(0)).status).toBe(200);
    await sleep(500);
    const refused = await call(1);
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'rate_limited' } });
  });

  it('share counts of running calls within half a second', async () => {
    const headers = { 'x-client-id': 'at-once' };
    await at(0).ask('/v1/rate-limits', { method: 'PUT', body: { client_id: 'at-once', concurrent: 1 } });
    await sleep(receivedMs);
    fakes.openai.always({ kind: 'delay', ms: 2_000 });
    const long = at(0).ask(chat, { body: hello(), headers });
    await expect.poll(() => fakes.openai.requests.length).toBe(1);
    fakes.openai.always(undefined);
    await sleep(500);
    expect((await at(1).ask(chat, { body: hello(), headers })).status).toBe(429);
    expect((await long).status).toBe(200);
    await eventually(async () => expect((await at(1).ask(chat, { body: hello(), headers })).status).toBe(200));
  });

  it('share loop counts within half a second, and a pause at once', async () => {
    const headers = { 'x-scenario-id': 'looping' };
    const call = (worker: number): Promise<PinnedAnswer> => at(worker).ask(chat, { body: hello(), headers });
    await at(0).ask('/v1/scenarios/looping/limits', { method: 'PUT', body: { max_repeats: 5 } });
    await sleep(receivedMs);
    for (let i = 0; i < 5; i++) expect((await call(0)).status).toBe(200);
    await sleep(500);
    expect((await call(1)).status).toBe(423);
    await eventually(async () => expect((await call(0)).status).toBe(423), 500);
  });

  it('forget a key on both as soon as it is deleted', async () => {
    const made = await at(0).ask('/v1/keys', { body: { name: 'Short-lived', role: 'caller' } });
    const { id, key } = JSON.parse(made.text) as { id: string; key: string };
    const headers = { authorization: `Bearer ${key}` };
    for (const worker of [0, 1]) expect((await at(worker).ask(chat, { body: hello(), headers })).status).toBe(200);
    await at(1).ask(`/v1/keys/${id}`, { method: 'DELETE' });
    await eventually(async () => {
      for (const worker of [0, 1]) expect((await at(worker).ask(chat, { body: hello(), headers })).status).toBe(401);
    }, 500);
  });

  it('end sessions on both at a sign-out, a change of role and a disabling by SCIM', async () => {
    const page = { origin: gateway.url, 'x-gateway-app': '1', authorization: '' };
    const opens = async (link: string, body: object = {}): Promise<string> => {
      const token = /\/auth\/link#([\w-]{43})/.exec(link)?.[1];
      const answer = await at(0).ask('/auth/link', { body: { token, ...body }, headers: page });
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
      return cookieOf(answer) ?? '';
    };
    const session = (worker: number, cookie: string): Promise<PinnedAnswer> =>
      at(worker).ask('/v1/session', { headers: { authorization: '', cookie } });
    const remembered = async (cookie: string): Promise<void> => {
      for (const worker of [0, 1]) expect((await session(worker, cookie)).status).toBe(200);
    };
    const overOnBoth = (cookie: string): Promise<void> =>
      eventually(async () => {
        for (const worker of [0, 1]) expect((await session(worker, cookie)).status).toBe(401);
      }, 10_000);

    const owner = await opens(gateway.output(), { email: 'ada@agency.example' });
    const invite = async (email: string): Promise<string> => {
      const made = await at(1).ask('/v1/invitations', { body: { email, role: 'member' } });
      return opens((JSON.parse(made.text) as { url: string }).url);
    };
    let member = await invite('bob@workers.example');
    await remembered(owner);
    await remembered(member);

    const roleOf = ({ text }: PinnedAnswer): unknown => (JSON.parse(text) as { role?: unknown }).role;
    const { person } = JSON.parse((await session(0, member)).text) as { person: { id: string } };
    await at(1).ask(`/v1/members/${person.id}`, { method: 'PATCH', body: { role: 'viewer' } });
    await eventually(async () => {
      for (const worker of [0, 1]) {
        const answer = await session(worker, member);
        member = cookieOf(answer) ?? member;
        expect(roleOf(answer)).toBe('viewer');
      }
    }, 10_000);

    const connection = await at(0).ask('/v1/sso-connections', {
      body: {
        name: 'IdP',
        slug: 'workers',
        provider: 'okta',
        issuer: 'https://idp.workers.example',
        client_id: 'id',
        client_secret: 'secret',
        domains: ['workers.example'],
        default_role: 'viewer',
      },
    });
    const domains = JSON.parse((await at(0).ask('/v1/domains')).text) as { data: { id: string }[] };
    const operator = { authorization: `Bearer ${operatorKey}` };
    await at(0).ask(`/v1/domains/${domains.data[0]?.id}/verify`, { body: {}, headers: operator });
    const { id } = JSON.parse(connection.text) as { id: string };
    const { token } = JSON.parse((await at(0).ask('/v1/scim-tokens', { body: { connection_id: id } })).text) as {
      token: string;
    };
    const scim = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
    const { rows } = await database.pool.query(
      'update people set email_verified_at = now() where id = $1 returning id',
      [person.id],
    );
    expect(rows).toHaveLength(1);
    const user = await at(0).ask('/scim/v2/Users', {
      headers: scim,
      body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'bob@workers.example', active: true },
    });
    expect(user.status).toBe(201);
    await remembered(member);
    const { id: userId } = JSON.parse(user.text) as { id: string };
    const disabled = await at(1).ask(`/scim/v2/Users/${userId}`, {
      method: 'PATCH',
      headers: scim,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      },
    });
    expect([disabled.status, disabled.text]).toEqual([200, expect.any(String)]);
    await overOnBoth(member);

    await remembered(owner);
    await at(0).ask('/auth/sign-out', { method: 'POST', headers: { ...page, cookie: owner } });
    await overOnBoth(owner);
  }, 30_000);

  it('count wrong sign-ins together: the next one waits, whichever worker it comes to', async () => {
    const headers = { origin: gateway.url, 'x-gateway-app': '1', authorization: '' };
    const body = { email: 'nobody@agency.example', password: 'a wrong password' };
    const statuses: number[] = [];
    // Counted apart, ten tries at two workers would be five at each. On a slow machine the first waits are over before the next try.
    while (statuses.at(-1) !== 429 && statuses.length < 9)
      statuses.push((await at(statuses.length).ask('/auth/sign-in', { body, headers })).status);
    expect([statuses.slice(0, 5), statuses.at(-1)]).toEqual([[401, 401, 401, 401, 401], 429]);
  });

  it('know an Idempotency-Key of the other one, running and answered', async () => {
    const headers = { 'idempotency-key': 'once' };
    fakes.openai.always({ kind: 'delay', ms: 1_000 });
    const first = at(0).ask(chat, { body: hello(), headers });
    await expect.poll(() => fakes.openai.requests.length).toBe(1);
    expect((await at(1).ask(chat, { body: hello(), headers })).status).toBe(409);
    const { text } = await first;
    await eventually(async () => {
      const again = await at(1).ask(chat, { body: hello(), headers });
      expect([again.status, again.headers['idempotent-replayed'], again.text]).toEqual([200, 'true', text]);
    });
    expect(fakes.openai.requests).toHaveLength(1);
  });

  it('run and show background calls and stored answers of each other', async () => {
    const taken = await at(0).ask(`${chat}/background`, {
      body: hello({ callback_url: 'https://example.invalid/callback' }),
    });
    const { id } = JSON.parse(taken.text) as { id: string };
    await eventually(async () => {
      for (const worker of [0, 1]) {
        const shown = JSON.parse((await at(worker).ask(`${chat}/background/${id}`)).text) as { status: string };
        expect(shown.status).toBe('completed');
      }
    });
    const first = await at(0).ask('/v1/responses', { body: { model: 'gpt-4o', input: 'Hi' } });
    const previous = (JSON.parse(first.text) as { id: string }).id;
    const second = await at(1).ask('/v1/responses', {
      body: { model: 'gpt-4o', input: 'And now?', previous_response_id: previous },
    });
    expect(second.status).toBe(200);
  });

  it('add up their counts in /metrics, whichever is asked', async () => {
    const before = await counted(0, 'gateway_calls_total');
    for (let i = 0; i < 6; i++) await at(i).ask(chat, { body: hello() });
    await eventually(async () => {
      for (const worker of [0, 1]) expect(await counted(worker, 'gateway_calls_total')).toBe(before + 6);
    });
    expect(await counted(1, 'gateway_workers')).toBe(2);
    expect(await counted(1, 'gateway_database_up')).toBe(1);
  });

  it('keep serving when one is killed: it is replaced, and its open calls are settled', async () => {
    const before = await workerPids();
    const calls = await counted(1, 'gateway_calls_total');
    fakes.openai.always({ kind: 'delay', ms: 3_000 });
    const open = at(0)
      .ask(chat, { body: hello(), headers: { 'x-client-id': 'killed' } })
      .catch(() => 'cut');
    await expect.poll(() => fakes.openai.requests.length).toBe(1);
    fakes.openai.always(undefined);
    const victim = await eventually(async () => {
      const { rows } = await database.pool.query(
        "select p.pid from calls c join processes p on p.id = c.process_id where c.client_id = 'killed'",
      );
      expect(rows).toHaveLength(1);
      return (rows[0] as { pid: number }).pid;
    });
    process.kill(victim, 'SIGKILL');
    // Not one of these fails: a connection that was handed to the dead one goes to the other.
    for (let i = 0; i < 10; i++) {
      const client = pinnedClient(gateway.url, liveKey);
      expect((await client.ask(chat, { body: hello() })).status).toBe(200);
      client.close();
    }
    expect(await open).toBe('cut');
    await eventually(async () => {
      const pids = await workerPids();
      expect(pids).toHaveLength(2);
      expect(pids).not.toContain(victim);
      expect(before).toContain(victim);
      const { rows: left } = await database.pool.query(
        "select status, estimated from calls where client_id = 'killed' union all select 'open', false from calls where status = 'open'",
      );
      expect(left).toEqual([{ status: 'interrupted', estimated: true }]);
    }, 15_000);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
    expect(gateway.output()).toContain('"reason":"it was ended by SIGKILL"');
    for (const client of clients) client.close();
    clients = await onePerWorker();
    // Counts from before this worker's start count for it too.
    for (const worker of [0, 1])
      expect((await at(worker).ask(chat, { body: hello(), headers: { 'x-client-id': 'limited' } })).status).toBe(429);
    // No counter falls because a worker is gone.
    expect(await counted(0, 'gateway_calls_total')).toBeGreaterThanOrEqual(calls + 10);
    expect(await counted(0, 'gateway_worker_restarts_total')).toBe(1);
  }, 30_000);
});

/** As the database knows them. */
async function workerPids(): Promise<number[]> {
  const { rows } = await database.pool.query('select pid from processes order by pid');
  return (rows as { pid: number }[]).map(({ pid }) => pid);
}

it('refuse a database that has too few connections for all of them, before one of them starts', async () => {
  const folder = dataFolder('too-many');
  const env = { ...gatewayEnv(fakes, database.url, folder), WORKERS: '20', DATABASE_CONNECTIONS: '900' };
  await expect(spawnGateway(env)).rejects.toThrow(
    'DATABASE_CONNECTIONS is 900 for each of 20 WORKERS. Lower one of them, or raise max_connections.',
  );
  rmSync(folder, { recursive: true, force: true });
});

describe('a gateway with workers that is asked to stop', () => {
  it('finishes the running calls of every worker, and ends with 0, also when the stop comes twice', async () => {
    fakes.openai.usually({ tokens: 20 });
    fakes.openai.always({ kind: 'delay', ms: 1_500 });
    const open = clients.map((client) => client.ask(chat, { body: hello() }));
    await expect.poll(() => fakes.openai.requests.length).toBe(2);
    await sleep(50);
    // Ctrl-C in a terminal reaches the parent from the terminal and from the launcher.
    gateway.child.kill('SIGINT');
    expect(await gateway.kill('SIGTERM')).toBe(0);
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
    const { rows } = await database.pool.query('select 1 from leases where amount_nanos > 0');
    expect(rows).toEqual([]);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
  });
});
