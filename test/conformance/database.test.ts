import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { checkFitness } from '../../gateway/src/db/fitness.ts';
import { migrate } from '../../gateway/src/db/migrate.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { findDeadProcesses, holdProcessLock } from '../../gateway/src/db/process-lock.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { spawnGateway } from '../support/gateway-process.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = dataFolder('db');
  folders.push(folder);
  return folder;
}

const alone = { PORT: '0', LOG_LEVEL: 'warn' };

describe('the embedded Postgres', () => {
  it('keeps its data across starts, with fsync on', async () => {
    const dataDir = freshFolder();
    for (const expected of [0, 1]) {
      const postgres = await startEmbeddedPostgres({ dataDir });
      const pool = createPool(postgres.connection);
      await pool.query('create table if not exists t (n integer)');
      expect((await pool.query('select count(*)::int as n from t')).rows).toEqual([{ n: expected }]);
      expect((await pool.query('show fsync')).rows).toEqual([{ fsync: 'on' }]);
      await pool.query('insert into t values (1)');
      await pool.end();
      await postgres.stop();
    }
  });

  it('is refused to a second gateway, which names the first', async () => {
    const dataDir = freshFolder();
    const first = await spawnGateway({ ...alone, DATA_DIR: dataDir });
    await expect(spawnGateway({ ...alone, DATA_DIR: dataDir })).rejects.toThrow(
      new RegExp(`process ${first.child.pid}\\) is using`),
    );
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    expect(await first.kill('SIGTERM')).toBe(0);
  });

  it('starts again after its gateway was killed, and shows its keys only once', async () => {
    const dataDir = freshFolder();
    const first = await spawnGateway({ ...alone, DATA_DIR: dataDir });
    expect(first.output()).toMatch(/gw_live_\S{32}/);
    expect(first.output().trim().split('\n').length).toBeLessThan(15);
    for (let i = 0; i < 3; i++) {
      const again = i === 0 ? first : await spawnGateway({ ...alone, DATA_DIR: dataDir });
      if (i > 0) expect(again.output()).not.toMatch(/gw_(live|test)_\S/);
      await again.kill('SIGKILL');
    }
    const last = await spawnGateway({ ...alone, DATA_DIR: dataDir });
    expect(await last.kill('SIGTERM')).toBe(0);
    expect(existsSync(join(dataDir, 'gateway.pid'))).toBe(false);
  });

  it('keeps the first keys for a start that can show them: one whose port is taken makes none', async () => {
    const dataDir = freshFolder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(spawnGateway({ ...alone, PORT: String(port), DATA_DIR: dataDir })).rejects.toThrow(
      new RegExp(`Port ${port} is taken`),
    );
    other.close();
    const second = await spawnGateway({ ...alone, PORT: String(port), DATA_DIR: dataDir });
    expect(second.output()).toMatch(/gw_live_\S{32}/);
    expect(await second.kill('SIGTERM')).toBe(0);
  });

  it('starts again after it was itself killed', async () => {
    const dataDir = freshFolder();
    const first = await startEmbeddedPostgres({ dataDir });
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    const second = await startEmbeddedPostgres({ dataDir });
    await second.stop();
  });

  // Only root can become somebody else to try it.
  it.runIf(process.getuid?.() === 0)('works for a plain user as it does for root', async () => {
    const dataDir = freshFolder();
    execFileSync('chown', ['65534:65534', dataDir]);
    const script = join(dataDir, 'start.mts');
    const module = pathToFileURL(
      fileURLToPath(new URL('../../gateway/src/db/embedded-postgres.ts', import.meta.url)),
    ).href;
    writeFileSync(
      script,
      `import { startEmbeddedPostgres } from ${JSON.stringify(module)};\nconst postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(join(dataDir, 'data'))} });\nconsole.log('up as', process.getuid());\nawait postgres.stop();\n`,
    );
    const child = spawn(process.execPath, [script], { uid: 65534, gid: 65534, env: { PATH: process.env.PATH ?? '' } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await new Promise((resolve) => child.once('exit', resolve));
    expect(output.trim()).toBe('up as 65534');
  });
});

describe('a database that was sealed with one secret', () => {
  it('refuses every other secret, says what to do, and still opens with its own', async () => {
    const dataDir = freshFolder();
    const right = { ...alone, DATA_DIR: dataDir, GATEWAY_SECRET: 'a'.repeat(64) };
    const first = await spawnGateway(right);
    expect(await first.kill('SIGTERM')).toBe(0);
    await expect(spawnGateway({ ...right, GATEWAY_SECRET: 'b'.repeat(64) })).rejects.toThrow(
      /secret in GATEWAY_SECRET is not the one .* Set GATEWAY_SECRET to that secret/,
    );
    await expect(spawnGateway({ ...alone, DATA_DIR: dataDir })).rejects.toThrow(
      /first started with another secret, and there is none in .*gateway-secret/,
    );
    const again = await spawnGateway(right);
    expect(await again.kill('SIGTERM')).toBe(0);
  });
});

describe('a database that is not fit for money', () => {
  it('is recognised, and a fit one is accepted', async () => {
    const database = await createTestDatabase();
    await checkFitness({ connectionString: database.url });
    const name = new URL(database.url.replace('@/', '@host/')).pathname.slice(1);
    await database.pool.query(`alter database ${name} set default_transaction_read_only = on`);
    await expect(checkFitness({ connectionString: database.url })).rejects.toThrow(/read-only/);
    await database.drop();
  });

  it('is refused where fsync is off', async () => {
    const dataDir = freshFolder();
    const first = await startEmbeddedPostgres({ dataDir });
    const client = new pg.Client(first.connection);
    await client.connect();
    await client.query('alter system set fsync = off');
    await client.query('select pg_reload_conf()');
    await client.end();
    await expect
      .poll(() =>
        checkFitness(first.connection).then(
          () => 'fit',
          (error: Error) => error.message,
        ),
      )
      .toMatch(/fsync is off/);
    await first.stop();
  });
});

describe('migrations', () => {
  it('run once, with any number of processes that start together', async () => {
    const database = await createTestDatabase();
    await database.pool.query('drop schema public cascade; create schema public');
    const done = await Promise.all([migrate(database.pool), migrate(database.pool), migrate(database.pool)]);
    expect(done.flat()).toEqual([...new Set(done.flat())]);
    expect(done.flat().length).toBeGreaterThan(3);
    expect(await migrate(database.pool)).toEqual([]);
    await database.drop();
  });

  it('refuse a file that was edited, and a database that is newer', async () => {
    const database = await createTestDatabase();
    const folder = freshFolder();
    cpSync(fileURLToPath(new URL('../../gateway/sql', import.meta.url)), folder, { recursive: true });
    const first = join(folder, '000001_processes.sql');
    writeFileSync(first, `${readFileSync(first, 'utf8')}-- edited\n`);
    await expect(migrate(database.pool, { folder: pathToFileURL(`${folder}/`) })).rejects.toThrow(
      /000001_processes.sql differs/,
    );
    await database.pool.query("insert into schema_migrations (name, checksum) values ('999999_future.sql', 'x')");
    await expect(migrate(database.pool)).rejects.toThrow(/newer gateway/);
    await database.drop();
  });

  it('may take longer than other statements', async () => {
    const database = await createTestDatabase();
    const folder = freshFolder();
    cpSync(fileURLToPath(new URL('../../gateway/sql', import.meta.url)), folder, { recursive: true });
    writeFileSync(join(folder, '900000_long.sql'), 'create table long (n integer); select pg_sleep(1);');
    const hasty = new pg.Pool({ connectionString: database.url, statement_timeout: 300, query_timeout: 500, max: 1 });
    expect(await migrate(hasty, { folder: pathToFileURL(`${folder}/`) })).toEqual(['900000_long.sql']);
    await expect(hasty.query('select pg_sleep(1)')).rejects.toThrow(/timeout/);
    await hasty.end();
    await database.drop();
  });

  it('wait for a table that is being read a few seconds at a time, so that calls continue', async () => {
    const database = await createTestDatabase();
    const folder = freshFolder();
    cpSync(fileURLToPath(new URL('../../gateway/sql', import.meta.url)), folder, { recursive: true });
    writeFileSync(join(folder, '900000_wait.sql'), 'alter table meters add column waited integer;');
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('begin; select * from meters');
    const migrated = migrate(database.pool, { folder: pathToFileURL(`${folder}/`) });
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Behind the waiting migration, and let go with it.
    expect((await database.pool.query('select * from meters')).rowCount).toBe(0);
    await reader.end();
    expect(await migrated).toEqual(['900000_wait.sql']);
    await database.drop();
  });

  it('leave nothing behind when they fail half-way, and continue at the next start', async () => {
    const database = await createTestDatabase();
    const folder = freshFolder();
    cpSync(fileURLToPath(new URL('../../gateway/sql', import.meta.url)), folder, { recursive: true });
    const added = join(folder, '900000_half.sql');
    writeFileSync(added, 'create table half (n integer); select 1 / 0;');
    await expect(migrate(database.pool, { folder: pathToFileURL(`${folder}/`) })).rejects.toThrow(/division by zero/);
    writeFileSync(added, 'create table half (n integer);');
    expect(await migrate(database.pool, { folder: pathToFileURL(`${folder}/`) })).toEqual(['900000_half.sql']);
    await database.drop();
  });
});

it('a process is dead when its lock is free, and only then', async () => {
  const database = await createTestDatabase();
  const living = await holdProcessLock({ connectionString: database.url }, 'proc_living');
  const dying = await holdProcessLock({ connectionString: database.url }, 'proc_dying');
  expect(await findDeadProcesses(database.pool)).toEqual([]);
  await dying.release();
  await expect.poll(() => findDeadProcesses(database.pool)).toEqual(['proc_dying']);
  await living.release();
  await database.drop();
});
