import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { type Config, readConfig } from '../../gateway/src/config.ts';
import { migrate } from '../../gateway/src/db/migrate.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { type LastTimeline, writeLastTimeline } from '../../gateway/src/db/timeline-file.ts';
import { TimelineGuard } from '../../gateway/src/db/timeline-guard.ts';
import { doctor } from '../../gateway/src/doctor/doctor.ts';
import { type RunningGateway, startGateway } from '../../gateway/src/start-gateway.ts';
import { hello } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { orLeftOut, type ServerPostgres, serverBin, startServerPostgres } from '../support/server-postgres.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';
import { startTurningProxy, type TurningProxy } from '../support/turning-proxy.ts';

const guide = new URL('../../docs/high-availability.md', import.meta.url);

/**
 * Somebody promotes both standbys by hand, without the fence of Patroni or a synchronous standby, behind a proxy that does not know roles.
 * Each of the two takes itself for the primary, and a budget could be spent on both.
 */
describe.skipIf(serverBin === undefined)(`two standbys promoted at once${orLeftOut}`, { timeout: 120_000 }, () => {
  let primary: ServerPostgres;
  let promoted: [ServerPostgres, ServerPostgres];
  let proxy: TurningProxy;
  let fakes: Fakes;
  let gateways: RunningGateway[];
  let folder: string;
  const logs: string[] = [];

  beforeAll(async () => {
    fakes = await startFakes();
  });
  afterAll(() => fakes?.stop());
  beforeEach(async () => {
    folder = dataFolder('two-primaries');
    gateways = [];
    logs.length = 0;
    fakes.reset();
    primary = await startServerPostgres({ max_connections: '60', wal_level: 'replica' });
    promoted = [await primary.standby(), await primary.standby()];
    proxy = await startTurningProxy(primary.port);
  }, 120_000);
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop().catch(() => {})));
    await proxy.stop();
    await Promise.all([primary, ...promoted].map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(chunk.toString('utf8'));
      done();
    },
  });

  function config(): Config {
    const dataDir = join(folder, 'gateway');
    mkdirSync(dataDir, { recursive: true });
    const env = { GATEWAY_SECRET: 'ab'.repeat(32), LOG_REQUESTS: 'false', DATABASE_WAIT: '0' };
    return readConfig({
      ...gatewayEnv(fakes, `postgres://postgres@127.0.0.1:${proxy.port}/postgres`, dataDir),
      ...env,
    });
  }

  async function start(): Promise<RunningGateway> {
    const gateway = await startGateway(config(), { logTo: logTo as never });
    gateways.push(gateway);
    return gateway;
  }

  const stop = async (gateway: RunningGateway): Promise<void> => {
    gateways = gateways.filter((one) => one !== gateway);
    await gateway.stop();
  };

  const ask = async ({ url }: RunningGateway): Promise<number> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'acme' },
      body: JSON.stringify(hello({ max_tokens: 40 })),
    });
    await response.arrayBuffer();
    return response.status;
  };

  /** How many of `calls` calls, some at once, are answered. */
  async function served(gateway: RunningGateway, calls: number): Promise<number> {
    let answered = 0;
    for (let left = calls; left > 0; left -= 8) {
      const statuses = await Promise.all(Array.from({ length: Math.min(8, left) }, () => ask(gateway)));
      answered += statuses.filter((status) => status === 200).length;
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    }
    return answered;
  }

  const recordedBy = async (server: ServerPostgres): Promise<number> =>
    ((await server.query("select count(*)::integer as n from calls where status = 'succeeded'"))[0] as { n: number }).n;

  async function promoteBoth(): Promise<void> {
    await caughtUp();
    primary.signal('SIGKILL');
    for (const server of promoted) expect(await server.query('select pg_promote() as done')).toEqual([{ done: true }]);
  }

  /** Both standbys have all that the primary has: what differs later is from after it. */
  async function caughtUp(): Promise<void> {
    const lag = `select count(*)::integer as n from pg_stat_replication where replay_lsn = pg_current_wal_lsn()`;
    await expect.poll(async () => (await primary.query(lag))[0], { timeout: 10_000 }).toEqual({ n: 2 });
  }

  const figure = async ({ url }: RunningGateway, name: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
  };

  it('get the calls of one gateway on one of them only, though a proxy leads it to both in turn', async () => {
    const gateway = await start();
    expect(await served(gateway, 16)).toBe(16);
    await expect.poll(() => recordedBy(primary)).toBe(16);
    await promoteBoth();
    const [one, other] = promoted;
    proxy.leadTo(one.port, other.port);
    proxy.cut();
    await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
    const answered = 17 + (await served(gateway, 160));
    expect(answered).toBeGreaterThan(17);
    // Every answered call is on one of them, and the other has none from after the promotion.
    const counts = async () => [await recordedBy(one), await recordedBy(other)].sort((a, b) => a - b);
    await expect.poll(counts).toEqual([16, answered]);
    expect(await figure(gateway, 'gateway_database_refused_total')).toBeGreaterThan(0);
    expect(logs.join('')).toMatch(/another history/);
  });

  it('answer 503 where a gateway of one is led to the other, until it is led back', async () => {
    const gateway = await start();
    expect(await ask(gateway)).toBe(200);
    await promoteBoth();
    const [one, other] = promoted;
    proxy.leadTo(one.port);
    proxy.cut();
    await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
    const before = await recordedBy(other);
    proxy.leadTo(other.port);
    proxy.cut();
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => ask(gateway))))).toEqual(new Set([503]));
    await expect.poll(() => logs.join('')).toMatch(/DATABASE_URL leads to a server with another history/);
    expect(await recordedBy(other)).toBe(before);
    proxy.leadTo(one.port);
    proxy.cut();
    await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
  });

  it('are kept apart after a restart too, and verify-ledger names the other primary', async () => {
    const gateway = await start();
    await promoteBoth();
    const [one, other] = promoted;
    proxy.leadTo(one.port);
    proxy.cut();
    await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
    await stop(gateway);
    proxy.leadTo(other.port);
    // The server lacks a migration, as after an upgrade of the gateway: it is refused before it is migrated.
    await other.query(
      "create table taken_back as select * from schema_migrations where name like '000157%'; delete from schema_migrations where name like '000157%'",
    );
    await expect(start()).rejects.toThrow(/another history.*database-timeline\.json/s);
    await other.query('insert into schema_migrations select * from taken_back');
    const pool = createPool({ connectionString: other.url() });
    try {
      const lines: string[] = [];
      const dataDir = join(folder, 'gateway');
      expect(await verifyLedger(pool, (line) => lines.push(line), { dataDir })).toBe(false);
      expect(lines.join('\n')).toMatch(/another history/);
      // From anywhere else too: the gateway has left word.
      lines.length = 0;
      expect(await verifyLedger(pool, (line) => lines.push(line), { dataDir: folder })).toBe(true);
      expect(lines.join('\n')).toMatch(/Another primary .*may have calls that this database lacks/);
    } finally {
      await pool.end();
    }
    const findings = await doctor(config(), { show: () => {} });
    expect(findings.filter(({ level }) => level === 'fail')).toMatchObject([
      { subject: 'history', text: expect.stringContaining('another history') },
    ]);
    // The operator decides for this one.
    rmSync(join(folder, 'gateway', 'database-timeline.json'));
    expect(await ask(await start())).toBe(200);
    const [, settle = ''] = /psql "\$DATABASE_URL" -c "(delete [^"]+)"/.exec(readFileSync(guide, 'utf8')) ?? [];
    await other.query(settle);
    expect(await other.query('select id from database_timelines where elsewhere')).toEqual([]);
  });

  it('are no obstacle to a gateway where one is promoted, and later its standby', async () => {
    const gateway = await start();
    expect(await ask(gateway)).toBe(200);
    await caughtUp();
    const [one] = promoted;
    primary.signal('SIGKILL');
    await one.query('select pg_promote()');
    proxy.leadTo(one.port);
    proxy.cut();
    await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
    const next = await one.standby();
    try {
      const lag = 'select count(*)::integer as n from pg_stat_replication where replay_lsn = pg_current_wal_lsn()';
      await expect.poll(async () => (await one.query(lag))[0], { timeout: 10_000 }).toEqual({ n: 1 });
      one.signal('SIGKILL');
      await next.query('select pg_promote()');
      proxy.leadTo(next.port);
      proxy.cut();
      await expect.poll(() => ask(gateway), { timeout: 30_000 }).toBe(200);
      await stop(gateway);
      expect(await ask(await start())).toBe(200);
      const lines = await next.query('select timeline::integer as timeline from database_timelines order by timeline');
      expect(lines).toEqual([{ timeline: 1 }, { timeline: 2 }, { timeline: 3 }]);
    } finally {
      await Promise.all(gateways.splice(0).map((each) => each.stop()));
      await next.stop();
    }
  });
});

describe.skipIf(serverBin === undefined)(`a primary whose synchronous standby is away${orLeftOut}`, () => {
  let primary: ServerPostgres;
  const dataDir = dataFolder('away-standby');
  const log = { warn: () => {}, fatal: () => {} } as never;

  beforeAll(async () => {
    primary = await startServerPostgres({ synchronous_standby_names: 'away' });
    // Migrations need no standby here.
    const pool = createPool({ connectionString: primary.url({ more: '?options=-c%20synchronous_commit%3Dlocal' }) });
    await migrate(pool);
    await pool.end();
  }, 60_000);
  afterAll(async () => {
    await primary.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const waiting = () =>
    primary.query("select count(*)::integer as n from pg_stat_activity where wait_event = 'SyncRep'");

  /** The outcomes of five statements at once, each on a new connection. */
  async function faultsOf(guard: TimelineGuard): Promise<string[]> {
    const pool = createPool({ connectionString: primary.url() }, { admit: guard.admit });
    try {
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => pool.query('select 1')));
      return results.map((one) => (one.status === 'rejected' ? String(one.reason.message) : 'answered'));
    } finally {
      await pool.end();
    }
  }

  // The clock of the pool, which is no answer for callers, is 35 s.
  it('gives new connections up soon, and is asked by one of them only', { timeout: 30_000 }, async () => {
    expect(await faultsOf(new TimelineGuard({ dataDir, log }))).toEqual(Array(5).fill('Query read timeout'));
    expect(await waiting()).toEqual([{ n: 1 }]);
  });

  it('is refused without a wait where it has another history, and has word of it', { timeout: 30_000 }, async () => {
    const before = await waiting();
    const [row] = await primary.query(
      `select system_identifier as "systemIdentifier", database_oid as "databaseOid", timeline::text as timeline,
         (select (extract(epoch from applied_at) * 1000000)::bigint::text from schema_migrations where name like '000158%') as "schemaMadeAt"
       from database_timelines`,
    );
    writeLastTimeline(dataDir, { ...(row as LastTimeline), id: 'of another primary' });
    const faults = await faultsOf(new TimelineGuard({ dataDir, log }));
    expect(faults).toEqual(Array(5).fill(expect.stringContaining('another history')));
    expect(await waiting()).toEqual(before);
    const elsewhere = await primary.query('select id from database_timelines where elsewhere');
    expect(elsewhere).toEqual([{ id: 'of another primary' }]);
  });
});
