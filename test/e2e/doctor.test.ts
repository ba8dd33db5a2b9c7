import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { connectionsFinding, durabilityFindings, snapshotFindings } from '../../gateway/src/doctor/check-database.ts';
import { doctor } from '../../gateway/src/doctor/doctor.ts';
import type { Finding } from '../../gateway/src/doctor/finding.ts';
import { eventually, json } from '../support/ask.ts';
import { runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const folder = dataFolder('doctor');

beforeAll(async () => {
  // As it was when the webhooks and providers of these tests were made; `doctor` is asked with and without it.
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The environment of this file's gateway. */
const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  ...gatewayEnv(gateway.fakes, gateway.database.url, folder),
  GATEWAY_SECRET: gateway.gateway.services.secret,
  PORT: new URL(gateway.url).port,
  ...more,
});

async function findings(more: Record<string, string> = {}, nowMs?: () => number): Promise<Finding[]> {
  return doctor(readConfig(environment(more)), { show: () => {}, ...(nowMs && { nowMs }) });
}
const of = (all: readonly Finding[], subject: string): string[] =>
  all.filter((one) => one.subject === subject).map(({ level, text }) => `${level} ${text}`);

async function serving(answer: (path: string) => { status: number; body: string; headers?: Record<string, string> }) {
  const server: Server = createServer((req, res) => {
    const { status, body, headers } = answer(req.url ?? '');
    res.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: String((server.address() as AddressInfo).port), stop: () => server.close() };
}

describe('doctor', () => {
  it('prints ok for every check of a healthy gateway, and exits with 0', async () => {
    const { code, out } = await runCommand(['doctor'], { env: environment({ PUBLIC_URL: gateway.url }) });
    const lines = out.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^\d+ checks: \d+ ok, 0 warnings, 0 failures\.$/);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^ok {4}\S/);
    expect(out).toContain('openai: the key works.');
    expect(out).toContain(`${gateway.url} leads to this gateway.`);
    expect(out).toContain("This machine's clock agrees with the database's.");
    expect(code).toBe(0);
  }, 30_000);

  it('lists the faults of the configuration, and exits with 1', async () => {
    const { code, out } = await runCommand(['doctor'], { env: { PORT: 'x', DATABASE_URL: 'mysql://a' }, cwd: folder });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^fail {2}configuration {2}2 problems.*PORT: must be a whole number.*DATABASE_URL: must begin/s,
    );
  });

  it('makes every other check when the database cannot be reached', async () => {
    const all = await findings({ DATABASE_URL: 'postgres://gateway@127.0.0.1:1/gateway' });
    expect(of(all, 'database')).toEqual([
      'fail DATABASE_URL: the database cannot be reached: nothing listens at its host and port.',
    ]);
    expect(of(all, 'keys')).toContain('ok openai: the key works.');
  }, 60_000);

  it('shows a refused key in the vendor’s words, of the environment and stored, and never the key', async () => {
    const bad = await serving(() => ({
      status: 401,
      body: JSON.stringify({
        error: { message: 'Incorrect API key provided: sk-wro*****ret.', code: 'invalid_api_key' },
      }),
    }));
    const address = `http://127.0.0.1:${bad.port}/v1`;
    const stored = { name: 'second', kind: 'openai-compatible', base_url: address, api_key: 'sk-stored-secret' };
    const { id } = await json<{ id: string }>(gateway.post('/v1/providers', stored), 201);
    const { code, out } = await runCommand(['doctor'], {
      env: environment({
        OPENAI_API_KEY: 'sk-wrong-secret',
        OPENAI_BASE_URL: address,
        ALLOW_PRIVATE_NETWORK: 'true',
      }),
    });
    bad.stop();
    await json(gateway.send('DELETE', `/v1/providers/${id}`), 204);
    expect(code).toBe(1);
    expect(out).toMatch(
      /fail {2}keys {11}openai: the key is refused \(401: Incorrect API key provided: .*\)\. Check OPENAI_API_KEY\./,
    );
    expect(out).toMatch(/fail {2}keys {11}second of ws_\w+: the key is refused \(401: .*\)\. Change it: PATCH/);
    expect(out).not.toMatch(/sk-wrong-secret|sk-stored-secret/);
  }, 30_000);

  it('reports a wrong clock, against the database’s and a provider’s', async () => {
    const ahead = await findings({}, () => Date.now() + 600_000);
    expect(of(ahead, 'clock')[0]).toMatch(/^fail This machine's clock is 600 s ahead of the database's\. .* NTP\.$/);
    const late = await serving(() => ({
      status: 200,
      body: '{}',
      headers: { date: new Date(Date.now() + 20_000).toUTCString() },
    }));
    const behind = await findings({ OPENAI_BASE_URL: `http://127.0.0.1:${late.port}/v1` });
    late.stop();
    expect(of(behind, 'clock')).toEqual([
      "ok This machine's clock agrees with the database's.",
      expect.stringMatching(/^warn This machine's clock is (19|20|21) s behind openai's\./),
    ]);
  }, 30_000);

  it('distinguishes this gateway, another one, another program and a free port', async () => {
    expect(of(await findings(), 'port')).toEqual([`ok This gateway answers at port ${new URL(gateway.url).port}.`]);
    const stranger = await serving(() => ({ status: 404, body: '' }));
    expect(of(await findings({ PORT: stranger.port }), 'port')).toEqual([
      `fail Port ${stranger.port} is taken by another program. Stop it, or set PORT.`,
    ]);
    const publicly = await findings({ PUBLIC_URL: `http://127.0.0.1:${stranger.port}` });
    expect(of(publicly, 'public address').join()).toContain('does not answer (it answers 404)');
    stranger.stop();
    const other = await serving(() => ({
      status: 200,
      body: 'ok\n',
      headers: { 'x-gateway-installation': 'f'.repeat(16) },
    }));
    expect(of(await findings({ PORT: other.port }), 'port')[0]).toContain('Another gateway, with another secret');
    expect(of(await findings({ PUBLIC_URL: `http://127.0.0.1:${other.port}` }), 'public address').at(-1)).toContain(
      'leads to another gateway',
    );
    other.stop();
    expect(of(await findings({ PORT: other.port }), 'port')).toEqual([
      `ok Port ${other.port} is free; no gateway is running on it.`,
    ]);
    expect(of(await findings({ PUBLIC_URL: 'https://gateway.invalid' }), 'public address')[0]).toContain(
      'does not resolve',
    );
  }, 60_000);

  it('finds a webhook that fails, one at a private address, and e-mail without a server', async () => {
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/webhooks', { url: 'https://example.com/hook', events: ['budget.exceeded'] }),
      201,
    );
    await gateway.database.pool.query("update webhooks set failing_since = now() - interval '1 day' where id = $1", [
      id,
    ]);
    const failing = of(await findings(), 'webhooks');
    expect(failing[0]).toMatch(new RegExp(`^warn ${id} of ws_\\w+ fails since 20`));
    await json(gateway.send('DELETE', `/v1/webhooks/${id}`), 204);
    await json(gateway.post('/v1/webhooks', { url: 'https://10.1.2.3/hook', events: ['budget.exceeded'] }), 201);
    const guarded = await findings();
    expect(of(guarded, 'webhooks')[0]).toMatch(/goes to a private address \(10\.1\.2\.3\), which is refused/);
    expect(of(guarded, 'public address')[0]).toMatch(/^warn PUBLIC_URL is not set: links in alerts/);
    expect(of(await findings({ ALLOW_PRIVATE_NETWORK: 'true' }), 'webhooks')).toEqual([
      'ok 1 enabled, none of them fails.',
    ]);
    expect(of(await findings({ SMTP_URL: 'smtp://me:hush-hush@127.0.0.1:1' }), 'mail')[0]).toMatch(
      /^fail The server of SMTP_URL cannot be used \(.*ECONNREFUSED.*\)\. Correct SMTP_URL\.$/,
    );
  }, 60_000);

  it('finds a secret that is not the database’s, a folder others can write to, and a newer database', async () => {
    expect(of(await findings({ GATEWAY_SECRET: 'ab'.repeat(32) }), 'secret')[0]).toMatch(
      /^fail The secret in GATEWAY_SECRET is not the one/,
    );
    const loose = join(folder, 'loose');
    mkdirSync(loose);
    chmodSync(loose, 0o777);
    expect(of(await findings({ DATA_DIR: loose }), 'data folder')).toEqual([
      `warn Other users can write to ${loose}. Run: chmod go-w ${loose}`,
    ]);
    const file = join(loose, 'unwritten-calls-proc_1.jsonl');
    writeFileSync(file, '');
    expect(of(await findings({ DATA_DIR: loose }), 'unwritten')).toContainEqual(
      `warn ${file} has calls that the database refused. Keep the file; a gateway writes them to the database when it can.`,
    );
    await gateway.database.pool.query("insert into schema_migrations (name, checksum) values ('999999_x.sql', 'x')");
    expect(of(await findings(), 'migrations')[0]).toMatch(/^fail The database was migrated by a newer gateway/);
    await gateway.database.pool.query("delete from schema_migrations where name = '999999_x.sql'");
  }, 30_000);

  it('names a session with an old snapshot, an asynchronous standby, and scarce connections', async () => {
    const health = {
      version: '18',
      connections: 96,
      connectionsMax: 97,
      synchronousCommit: 'on',
      standbys: 1,
      synchronousStandbys: '',
      nowMs: 0,
    };
    expect(connectionsFinding(health)).toMatchObject({ level: 'warn', text: expect.stringContaining('96 of 97') });
    expect(durabilityFindings(health)).toMatchObject([
      { level: 'warn', text: expect.stringContaining('a failover loses') },
    ]);
    expect(durabilityFindings({ ...health, synchronousStandbys: 'ANY 1 (a, b)' })).toMatchObject([{ level: 'ok' }]);
    expect(snapshotFindings([{ pid: 7, application: 'pg_dump', user: 'me', minutes: 12 }])[0]?.text).toContain(
      'Session 7 (pg_dump, me) keeps a snapshot that is 12 minutes old',
    );
    // The statement itself: a session that holds one, asked for without any age.
    const analyst = new pg.Client({ connectionString: gateway.database.url, application_name: 'analyst' });
    await analyst.connect();
    await analyst.query('begin isolation level repeatable read; select 1');
    const { findOldSnapshots } = await import('../../gateway/src/doctor/database-health-store.ts');
    expect(await findOldSnapshots(gateway.database.pool, 0)).toContainEqual(
      expect.objectContaining({ application: 'analyst' }),
    );
    await analyst.end();
  });
});

describe('a wrong clock', () => {
  afterEach(() => vi.useRealTimers());

  it('is reported in the log of a start', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000, shouldAdvanceTime: true });
    const wrong = await startTestGateway();
    await eventually(() =>
      expect(wrong.logs.join('')).toMatch(/This machine's clock is [789]\d s ahead of the database's\./),
    );
    await wrong.stop();
  }, 30_000);
});

describe('a key that a workspace stored', () => {
  it('is tried at the start, and its refusal is printed by its name in the vendor’s words', async () => {
    const env = { ...environment(), PORT: '0', ALLOW_PRIVATE_NETWORK: 'true' };
    const bad = await serving(() => ({
      status: 401,
      body: JSON.stringify({ error: { message: 'This key was revoked.', code: 'invalid_api_key' } }),
    }));
    const first = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
    await json(
      first.post('/v1/providers', {
        name: 'mine',
        kind: 'openai-compatible',
        base_url: `http://127.0.0.1:${bad.port}/v1`,
        api_key: 'sk-gone',
      }),
      201,
    );
    const second = await spawnGateway({
      ...env,
      DATABASE_URL: first.database.url,
      GATEWAY_SECRET: first.gateway.services.secret,
    });
    await eventually(
      () =>
        expect(second.output()).toMatch(/mine of ws_\w+ rejected the gateway's account \(401: This key was revoked\)/),
      10_000,
    );
    expect(second.output()).not.toContain('sk-gone');
    expect(await second.kill('SIGTERM')).toBe(0);
    await first.stop();
    bad.stop();
  }, 60_000);
});
