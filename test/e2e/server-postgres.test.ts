import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { readConfig } from '../../gateway/src/config.ts';
import { findDatabaseTroubles } from '../../gateway/src/db/database-troubles-store.ts';
import { openDatabase } from '../../gateway/src/db/open-database.ts';
import { type RunningGateway, startGateway } from '../../gateway/src/start-gateway.ts';
import { hello } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import {
  freePort,
  makeCertificates,
  orLeftOut,
  type ServerPostgres,
  serverBin,
  startServerPostgres,
} from '../support/server-postgres.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

/** A Postgres as operators have it: a server by itself, small, with limits of its own, with TLS, with a standby, behind a pooler. */
const hasTls = ['/usr/bin/openssl', '/bin/openssl'].some(existsSync);
const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync);

describe.skipIf(serverBin === undefined)(`a server of one's own${orLeftOut}`, () => {
  let server: ServerPostgres;
  let fakes: Fakes;
  let tls: ReturnType<typeof makeCertificates> | undefined;
  const folder = dataFolder('server-gateway');
  const gateways: RunningGateway[] = [];
  const logs: string[] = [];

  beforeAll(async () => {
    fakes = await startFakes();
    tls = hasTls ? makeCertificates() : undefined;
    server = await startServerPostgres({ max_connections: '20', idle_session_timeout: '5s' }, tls);
  }, 120_000);
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
    logs.length = 0;
    fakes.reset();
  });
  afterAll(async () => {
    await server?.stop();
    await fakes?.stop();
    for (const each of [folder, tls?.folder]) if (each !== undefined) rmSync(each, { recursive: true, force: true });
  });

  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(chunk.toString('utf8'));
      done();
    },
  });

  async function start(url: string, env: Record<string, string> = {}): Promise<RunningGateway> {
    const name = `gateway-${gateways.length}-${logs.length}`;
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    const secret = {
      GATEWAY_SECRET: 'ab'.repeat(32),
      LOG_REQUESTS: 'false',
      DATABASE_CONNECTIONS: '8',
      DATABASE_WAIT: '0',
    };
    const config = readConfig({ ...gatewayEnv(fakes, url, dataDir), ...secret, ...env });
    const gateway = await startGateway(config, { logTo: logTo as never });
    gateways.push(gateway);
    return gateway;
  }

  const ask = ({ url }: RunningGateway, more: object = {}): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'acme' },
      body: JSON.stringify(hello({ max_tokens: 40, ...more })),
    });
  const manage = ({ url }: RunningGateway, path: string, body?: object): Promise<Response> =>
    fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** The reasons that keep a database from being opened. */
  async function refusal(url: string): Promise<string> {
    const opened = await openDatabase({ databaseUrl: url, dataDir: folder, connections: 5, migrates: false }).catch(
      (error: unknown) => error as Error,
    );
    if (opened instanceof Error) return opened.message;
    await opened.stop();
    return 'works';
  }

  it('two gateways share its twenty connections, and none is ended for being idle', { timeout: 60_000 }, async () => {
    const [one, two] = [await start(server.url()), await start(server.url())];
    let most = 0;
    const until = performance.now() + 6_500;
    while (performance.now() < until) {
      const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i % 2 === 0 ? one : two)));
      expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
      const rows = await one.services.db.query(
        `select count(*)::integer as n from pg_stat_activity where application_name like 'ai-gateway%'`,
      );
      most = Math.max(most, (rows.rows[0] as { n: number }).n);
      await sleep(100);
    }
    expect(most).toBeLessThanOrEqual(16);
    await sleep(5_500);
    expect((await ask(one)).status).toBe(200);
    expect(logs.join('')).not.toMatch(/connection was lost|too many/);
  });

  it('the error without free connections names the setting to lower', { timeout: 60_000 }, async () => {
    await expect(start(server.url(), { DATABASE_CONNECTIONS: '18' })).rejects.toThrow(
      /17 connections .*DATABASE_CONNECTIONS is 18\. Lower DATABASE_CONNECTIONS/,
    );
    const others: pg.Client[] = [];
    try {
      for (let i = 0; i < 20; i++) {
        const client = new pg.Client({ connectionString: server.url() });
        client.on('error', () => {});
        others.push(client);
        await client.connect().catch(() => {});
      }
      await expect(start(server.url().replace('postgres@', 'nobody_else@'))).rejects.toThrow(
        /^DATABASE_URL: .*Lower DATABASE_CONNECTIONS \(now 8 for each gateway process\), or raise max_connections/,
      );
    } finally {
      await Promise.all(others.map((client) => client.end().catch(() => {})));
    }
  });

  it('a start waits for it, and says so with the reason', { timeout: 60_000 }, async () => {
    await server.halt();
    const starting = start(server.url(), { DATABASE_WAIT: '30' });
    await expect
      .poll(() => logs.join(''))
      .toMatch(/waiting up to 30 s \(DATABASE_WAIT\) for the database: nothing listens/);
    await sleep(1_200);
    expect(logs.join('').split('waiting up to').length - 1).toBe(1);
    await expect(start(server.url())).rejects.toThrow('nothing listens at its host and port');
    await server.start();
    expect((await ask(await starting)).status).toBe(200);
  });

  it('a role with a schema of its own, and no rights on the database, is enough', { timeout: 60_000 }, async () => {
    for (const sql of [
      'create role tenant login',
      'create database shared',
      'revoke all on database shared from public',
      'grant connect on database shared to tenant',
    ])
      await server.query(sql);
    const plain = { user: 'tenant', database: 'shared' };
    await expect(start(server.url(plain))).rejects.toThrow(
      /^DATABASE_URL: its role may not make the gateway's tables .*create schema gateway authorization ROLE/,
    );
    await server.query('create schema gw authorization tenant', 'shared');
    const gateway = await start(server.url({ ...plain, more: '?options=-c%20search_path%3Dgw' }));
    expect((await ask(gateway)).status).toBe(200);
    const { rows } = await gateway.services.db.query(
      `select distinct schemaname from pg_tables where tableowner = 'tenant'`,
    );
    expect(rows).toEqual([{ schemaname: 'gw' }]);
    expect(
      (await manage(gateway, '/v1/webhooks', { url: 'https://example.com/', events: ['budget.exceeded'] })).status,
    ).toBe(201);
  });

  it.skipIf(!hasTls)(
    `TLS works as libpq has it${hasTls ? '' : ' (left out: openssl is not installed here)'}`,
    { timeout: 60_000 },
    async () => {
      const warnings: string[] = [];
      const hear = (warning: Error): void => void warnings.push(warning.message);
      process.on('warning', hear);
      const by = (host: string, more: string): Promise<string> => refusal(server.url({ host, more }));
      expect(await by('localhost', '?sslmode=require')).toBe('works');
      expect(await by('127.0.0.1', `?sslmode=verify-ca&sslrootcert=${tls?.ca}`)).toBe('works');
      expect(await by('localhost', `?sslmode=verify-full&sslrootcert=${tls?.ca}`)).toBe('works');
      expect(await by('127.0.0.1', `?sslmode=verify-full&sslrootcert=${tls?.ca}`)).toMatch(
        /^DATABASE_URL: .*another host name/,
      );
      expect(await by('localhost', '?sslmode=verify-full')).toMatch(/^DATABASE_URL: .*Add sslrootcert=/);
      expect(await by('localhost', '?sslmode=verify-full&sslrootcert=/no/ca.crt')).toMatch(
        /^DATABASE_URL: .*\/no\/ca\.crt cannot be read/,
      );
      await sleep(10);
      process.off('warning', hear);
      expect(warnings.join('')).not.toContain('SSL');
    },
  );

  it('a standby is refused in a sentence, and an asynchronous one raises a warning', {
    timeout: 60_000,
  }, async () => {
    const standby = await server.standby();
    try {
      expect(await refusal(standby.url())).toMatch(/read-only \(a replica\?\); the gateway writes/);
      const reader = new pg.Client({ connectionString: server.url() });
      await reader.connect();
      const troubles = async () => (await findDatabaseTroubles(reader)).map(({ key }) => key);
      await expect.poll(troubles).toEqual(['asynchronous']);
      await server.query("alter system set synchronous_standby_names = '*'");
      await server.query('select pg_reload_conf()');
      await expect.poll(troubles).toEqual([]);
      await server.query('alter system reset synchronous_standby_names');
      await server.query('select pg_reload_conf()');
      await reader.end();
    } finally {
      await standby.stop();
    }
  });

  it.skipIf(pgbouncer === undefined)(
    `pgbouncer works in session mode without settings${pgbouncer === undefined ? ' (left out: pgbouncer is not installed here)' : ''}`,
    { timeout: 60_000 },
    async () => {
      const port = await freePort();
      const ini = join(folder, 'pgbouncer.ini');
      writeFileSync(join(folder, 'users.txt'), '"postgres" ""\n', { mode: 0o644 });
      writeFileSync(
        ini,
        `[databases]\n* = host=127.0.0.1 port=${server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = trust\nauth_file = ${folder}/users.txt\npool_mode = session\n`,
        { mode: 0o644 },
      );
      const as = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      const child = spawn(pgbouncer ?? '', [ini], { ...as, stdio: 'ignore' });
      try {
        const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
        await expect.poll(() => refusal(url), { timeout: 10_000 }).toBe('works');
        const gateway = await start(url);
        expect((await ask(gateway)).status).toBe(200);
        const { rows } = await gateway.services.db.query('show statement_timeout');
        expect(rows).toEqual([{ statement_timeout: '30s' }]);
        await gateways.pop()?.stop();
      } finally {
        child.kill('SIGTERM');
      }
    },
  );

  it('calls, streams and management get errors within seconds while it hangs, and afterwards no call is missing', {
    timeout: 60_000,
  }, async () => {
    const gateway = await start(server.url());
    const budget = { name: 'hang', limit_usd: 5, scope: { client_id: 'acme' } };
    expect((await manage(gateway, '/v1/budgets', budget)).status).toBe(201);
    fakes.openai.reply({ text: 'one two three four', chunks: 4, chunkDelayMs: 200, usage: { input: 12, output: 34 } });
    const stream = await ask(gateway, { stream: true });
    fakes.openai.usually({ tokens: 40 });
    server.signal('SIGSTOP');
    const began = performance.now();
    const took = async (
      what: Promise<Response>,
    ): Promise<{ status: number; retryAfter: string | null; ms: number }> => {
      const answer = await what;
      await answer.text();
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), ms: performance.now() - began };
    };
    let sent = '';
    try {
      const [call, managed, listed, text] = await Promise.all([
        took(ask(gateway)),
        took(manage(gateway, '/v1/budgets', budget)),
        took(manage(gateway, '/v1/usage/clients')),
        stream.text(),
      ]);
      sent = text;
      for (const { status, retryAfter } of [call, managed, listed]) expect([status, retryAfter]).toEqual([503, '2']);
      // Five and ten seconds are the promise; the machine may be busy.
      expect(call.ms).toBeLessThan(9_000);
      expect(Math.max(managed.ms, listed.ms)).toBeLessThan(10_000);
      expect((await took(ask(gateway))).status).toBe(503);
    } finally {
      server.signal('SIGCONT');
    }
    expect(sent).not.toContain('[DONE]');
    expect(sent).toContain('"code":"service_unavailable"');
    await expect.poll(async () => (await ask(gateway)).status, { timeout: 15_000 }).toBe(200);
    await gateway.services.journal.flush(5_000);
    expect((await compareBooks(gateway.services.db)).differences).toEqual([]);
    const { rows } = await gateway.services.db.query(`select count(*)::integer as n from calls where status = 'open'`);
    expect(rows).toEqual([{ n: 0 }]);
  });
});
