import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBackup } from '../../gateway/src/backup/read-backup.ts';
import { sealOf } from '../../gateway/src/backup/seal-file.ts';
import { runningConnection } from '../../gateway/src/db/embedded-postgres.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Ended, runCommand, runProgram } from '../support/command-line.ts';
import { compileCache } from '../support/compile-cache.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { liveKey, startTestGateway, testKey } from '../support/start-gateway.ts';

const folder = dataFolder('backup');
const cli = fileURLToPath(new URL('../../gateway/src/cli.ts', import.meta.url));
const dataDir = join(folder, 'data');
const backup = join(folder, 'gateway.backup');
const environment = (dir: string): Record<string, string> => ({
  DATA_DIR: dir,
  PORT: '0',
  LOG_LEVEL: 'warn',
  GATEWAY_BOOTSTRAP_KEY: liveKey,
  GATEWAY_BOOTSTRAP_TEST_KEY: testKey,
});
const run = (args: readonly string[], dir: string): Promise<Ended> => runCommand(args, { env: { DATA_DIR: dir } });
const ask = (gateway: GatewayProcess, path: string, body?: unknown, key = testKey): Promise<Response> =>
  fetch(gateway.url + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-client-id': 'acme' },
  });

/** Sends calls one after the other until it is stopped; returns the ids of the answered ones, in order. */
function load(gateway: GatewayProcess, clients: number): { answered: string[]; stop(): Promise<void> } {
  const answered: string[] = [];
  let stopping = false;
  const all = Array.from({ length: clients }, async () => {
    while (!stopping) {
      const answer = await ask(gateway, chat, hello());
      await answer.text();
      if (answer.status === 200) answered.push(answer.headers.get('x-request-id') ?? '');
    }
  });
  return {
    answered,
    stop: async () => {
      stopping = true;
      await Promise.all(all);
    },
  };
}

interface Page {
  data: { id: string }[];
  next_cursor?: string | null;
}

async function idsOfCalls(gateway: GatewayProcess): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let cursor = ''; ; ) {
    const page = await json<Page>(ask(gateway, `/v1/usage/requests?limit=100${cursor}`));
    for (const { id } of page.data) ids.add(id);
    if (!page.next_cursor) return ids;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** Ends files of Postgres's log, and lets it throw away what it needs no more, as hours of traffic do. */
function turnTheLog(): { stop(): Promise<void> } {
  let stopping = false;
  const work = (async () => {
    const client = new pg.Client(runningConnection(dataDir));
    await client.connect();
    // A few: a file of the log is 16 MB.
    for (let turns = 0; !stopping; turns++) {
      if (turns < 5) await client.query('select pg_switch_wal()');
      await client.query('checkpoint');
      await sleep(200);
    }
    await client.end();
  })();
  return {
    stop: async () => {
      stopping = true;
      await work;
    },
  };
}

/** A file of these bytes, sealed as a backup is. */
function sealed(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, sealOf(createHash('sha256').update(bytes).digest())]);
}

/** Calls answered before the backup began; all of them must be in it. */
let before: string[];

beforeAll(async () => {
  const gateway = await spawnGateway(environment(dataDir));
  await json(ask(gateway, '/v1/budgets', { name: 'Acme', limit_usd: 500 }), 201);
  await json(ask(gateway, '/v1/budgets', { name: 'Each', scope: { client_id: '*' }, limit_usd: 500 }), 201);
  const account = { name: 'own', kind: 'openai-compatible', base_url: 'https://models.example/v1', api_key: 'sk-own' };
  await json(ask(gateway, '/v1/providers', account, liveKey), 201);
  const calls = load(gateway, 4);
  await eventually(() => expect(calls.answered.length).toBeGreaterThan(100), 20_000);
  before = [...calls.answered];
  const turning = turnTheLog();
  expect(await run(['backup', '--out', backup], dataDir)).toMatchObject({ code: 0, out: '' });
  await turning.stop();
  await calls.stop();
  expect(await gateway.kill('SIGTERM')).toBe(0);
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a backup', () => {
  it('restores to correct books with every earlier call, though the gateway writes during the backup', async () => {
    const restored = join(folder, 'restored');
    const done = await run(['restore', '--in', backup], restored);
    expect(`${done.code} ${done.err}`).toMatch(/^0 .*Restored the backup of .* into .*restored/s);
    expect(await run(['verify-ledger'], restored)).toMatchObject({ code: 0, out: 'Ledger OK: 2 budgets checked.\n' });
    const gateway = await spawnGateway(environment(restored));
    const ids = await idsOfCalls(gateway);
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    // The generated secret came along: the stored key of a provider opens, and calls go on where they were.
    expect(await json(ask(gateway, '/v1/providers', undefined, liveKey))).toMatchObject({ data: [{ name: 'own' }] });
    expect((await ask(gateway, chat, hello())).status).toBe(200);
    expect(gateway.output()).not.toContain('shown this once');
    expect(await gateway.kill('SIGTERM')).toBe(0);
    expect(await run(['verify-ledger'], restored)).toMatchObject({ code: 0 });
  }, 60_000);

  it('is one file that `tar` reads, readable by its owner only', () => {
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const names = execFileSync('tar', ['-tzf', backup], { encoding: 'utf8' }).trim().split('\n');
    expect(names[0]).toBe('backup.json');
    expect(names).toContain('gateway-secret');
    expect(names.at(-1)).toBe('parts.json');
    // No other file is beside it.
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('is made without a running gateway too, and is refused over an existing file and without a database', async () => {
    const other = join(folder, 'stopped.backup');
    expect(await run(['backup', '--out', other], dataDir)).toMatchObject({ code: 0 });
    const size = statSync(other).size;
    const again = await run(['backup', '--out', other], dataDir);
    expect([again.code, again.err]).toEqual([
      1,
      `${other} already exists, and a backup never overwrites a file. Choose another name.\n`,
    ]);
    expect(statSync(other).size).toBe(size);
    expect((await run(['backup', '--out', folder], dataDir)).err).toContain('is a folder. Name a file in it.');
    expect((await run(['backup', '--out', join(folder, 'no/where')], dataDir)).err).toContain('does not exist');
    const empty = await run(['backup', '--out', join(folder, 'x')], join(folder, 'nothing'));
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('There is no database in')]);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  }, 60_000);
});

/** Commands of a page, as they are printed. */
function commandsOf(page: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
}

describe('docs/backup.md', () => {
  it('restores by the commands of the page', async () => {
    const [make = '', restore = ''] = commandsOf('backup.md');
    const steps = `set -e\n${make}${restore}`
      .replaceAll('/backups/gateway.backup', join(folder, 'of-the-page.backup'))
      .replaceAll('/srv/gateway-restored', join(folder, 'of-the-page'))
      .replaceAll(/npm run gateway (\S+)( --)?/g, `"${process.execPath}" "${cli}" $1`)
      .replace('npm start', 'echo started');
    expect(steps).not.toMatch(/npm (run|start)/);
    const { code, out, err } = await runProgram('/bin/sh', ['-c', steps], { env: { DATA_DIR: dataDir } });
    expect(`${code} ${out}${err}`).toMatch(/^0 Ledger OK: 2 budgets checked\.\nstarted\n/);
  }, 60_000);
});

/** A disk of so many kilobytes, where this machine lets us make one. */
function smallDisk(name: string, kilobytes: number): { path: string; remove(): void } | undefined {
  const path = join(folder, name);
  mkdirSync(path);
  chmodSync(path, 0o755);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', path], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  return { path, remove: () => execFileSync('umount', [path]) };
}
const canMount = ((): boolean => {
  const disk = smallDisk('probe', 64);
  disk?.remove();
  return disk !== undefined;
})();

describe('a full disk', () => {
  it.skipIf(!canMount)(
    `${canMount ? '' : '(left out: no disk can be mounted here) '}is reported in words by backup, export and restore, which leave no partial file`,
    async () => {
      const disk = smallDisk('full', 200);
      if (disk === undefined) return;
      try {
        const place = join(disk.path, 'b');
        const made = await run(['backup', '--out', place], dataDir);
        expect([made.code, made.err]).toEqual([
          1,
          expect.stringContaining(
            `No space is left in ${disk.path}. Free some, or choose another disk. ${place} was not written.`,
          ),
        ]);
        const exported = await run(['export', '--out', place], dataDir);
        expect([exported.code, exported.err]).toEqual([1, `No space is left for ${place}, which was not written.\n`]);
        const restored = await run(['restore', '--in', backup], join(disk.path, 'data'));
        expect([restored.code, restored.err]).toEqual([
          1,
          expect.stringMatching(/^The backup needs \d+ MB, and .* kB left\. Nothing was changed\.$/m),
        ]);
        expect(readdirSync(disk.path)).toEqual([]);
      } finally {
        disk.remove();
      }
    },
    60_000,
  );
});

describe('a restore', () => {
  const target = join(folder, 'target');
  /** The message about a file, and that nothing is left. */
  async function refusal(content: Buffer): Promise<string> {
    const file = join(folder, 'damaged.backup');
    writeFileSync(file, content);
    const { code, err } = await run(['restore', '--in', file], target);
    expect(code).toBe(1);
    expect(existsSync(target)).toBe(false);
    return err;
  }

  it('refuses a data folder that has a database, and changes nothing', async () => {
    const refused = await run(['restore', '--in', backup], dataDir);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('has a database already')]);
    expect(await run(['verify-ledger'], dataDir)).toMatchObject({ code: 0 });
  }, 30_000);

  it('refuses a backup that is cut, damaged or another file, before it writes', async () => {
    const whole = readFileSync(backup);
    expect(await refusal(whole.subarray(0, whole.length / 2))).toMatch(/is damaged \(it is incomplete\)/);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8((flipped[whole.length >> 1] ?? 0) ^ 4, whole.length >> 1);
    expect(await refusal(flipped)).toMatch(/is damaged \(.*Use another backup. Nothing was changed./);
    expect(await refusal(Buffer.from('{"format":"ai-gateway-export"}\n'))).toContain('is not a backup of this gateway');
    expect(await refusal(sealed(gzipSync('anything', { level: 1 })))).toContain('is damaged');
    expect(await refusal(Buffer.alloc(0))).toContain('is not a backup of this gateway');
    const missing = await run(['restore', '--in', join(folder, 'none')], target);
    expect([missing.code, missing.err]).toEqual([1, `${join(folder, 'none')} does not exist.\n`]);
  }, 60_000);

  it('finds a wrong bit in any place, and a byte that was changed before packing', async () => {
    const whole = readFileSync(backup);
    const file = join(folder, 'flipped.backup');
    const positions = [
      0,
      5,
      8,
      9,
      ...Array.from({ length: 6 }, (_, i) => Math.floor(((i + 0.5) / 6) * whole.length)),
      whole.length - 60,
      whole.length - 1,
    ];
    for (const at of positions) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8((flipped[at] ?? 0) ^ 1, at);
      writeFileSync(file, flipped);
      await expect(checkBackup(file), `byte ${at} of ${whole.length}`).rejects.toThrow(/damaged|not a backup/);
    }
    const unpacked = gunzipSync(whole);
    const at = unpacked.indexOf('gateway-secret') + 512;
    unpacked.writeUInt8((unpacked[at] ?? 0) ^ 1, at);
    writeFileSync(file, sealed(gzipSync(unpacked, { level: 1 })));
    await expect(checkBackup(file)).rejects.toThrow('gateway-secret was altered');
  }, 60_000);

  it('refuses a backup of a newer gateway in words', async () => {
    const unpacked = gunzipSync(readFileSync(backup)).toString('latin1');
    // The head's own checksum stays right: the digits change and no length does.
    const newer = unpacked.replace('"version": 1,', '"version": 9,');
    expect(await refusal(sealed(gzipSync(Buffer.from(newer, 'latin1'), { level: 1 })))).toMatch(
      /was made by a newer gateway \(\d+\.\d+\.\d+\)\. Restore it with that version/,
    );
  }, 30_000);

  it('refuses a secret that is not the one of the backup', async () => {
    const refused = await runCommand(['restore', '--in', backup], {
      env: { DATA_DIR: target, GATEWAY_SECRET: 'ab'.repeat(32) },
    });
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('The secret in GATEWAY_SECRET is not the one that the backup was made with'),
    ]);
    expect(existsSync(target)).toBe(false);
  }, 30_000);
});

describe('a backup of a database by DATABASE_URL', () => {
  it('holds its rows, restores into an empty database or data folder, and is refused by a full one', async () => {
    const source = await startTestGateway();
    await json(source.post('/v1/budgets', { name: 'Acme', limit_usd: 500 }), 201);
    for (let i = 0; i < 5; i++) await json(source.post(chat, hello(), { 'x-client-id': 'acme' }));
    const file = join(folder, 'rows.backup');
    const secret = { GATEWAY_SECRET: source.gateway.services.secret };
    const from = { env: { DATABASE_URL: source.database.url, DATA_DIR: join(folder, 'elsewhere'), ...secret } };
    const made = await runCommand(['backup', '--out', file], from);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('GATEWAY_SECRET is not in it')]);
    expect((await runCommand(['restore', '--in', file], from)).err).toContain('This database is not empty');
    // Another database of the server: without its tables, as `createdb` makes it.
    const target = await createTestDatabase();
    await target.pool.query('drop schema public cascade; create schema public');
    const into = { DATABASE_URL: target.url, DATA_DIR: join(folder, 'elsewhere') };
    const asked = await runCommand(['restore', '--in', file], { env: into });
    expect([asked.code, asked.err]).toEqual([
      1,
      expect.stringContaining('Set GATEWAY_SECRET to the same one. Nothing was changed.'),
    ]);
    const wrong = await runCommand(['restore', '--in', file], { env: { ...into, GATEWAY_SECRET: 'ab'.repeat(32) } });
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringContaining('is not the one that the backup was made with. Nothing'),
    ]);
    expect((await target.pool.query("select to_regclass('calls') as calls")).rows).toEqual([{ calls: null }]);
    const done = await runCommand(['restore', '--in', file], { env: { ...into, ...secret } });
    expect(`${done.code} ${done.err}`).toMatch(/^0 .*Restored the backup .* \(\d+ rows in/s);
    expect(await runCommand(['verify-ledger'], { env: into })).toMatchObject({
      code: 0,
      out: 'Ledger OK: 1 budget checked.\n',
    });
    const count = async (pool: { query(sql: string): Promise<{ rows: unknown[] }> }) =>
      (await pool.query('select count(*)::integer as calls, sum(cost_nanos)::text as cost from calls')).rows;
    expect(await count(target.pool)).toEqual(await count(source.database.pool));
    // And into an embedded one.
    const dir = join(folder, 'rows-embedded');
    expect(await runCommand(['restore', '--in', file], { env: { DATA_DIR: dir, ...secret } })).toMatchObject({
      code: 0,
    });
    expect(await run(['verify-ledger'], dir)).toMatchObject({ code: 0, out: 'Ledger OK: 1 budget checked.\n' });
    const files = await runCommand(['restore', '--in', backup], { env: { ...into, ...secret } });
    expect([files.code, files.err]).toEqual([1, expect.stringContaining('This database is not empty')]);
    await target.drop();
    await source.stop();
  }, 120_000);
});

/** Sends Ctrl-C as soon as `isUnderWay`. */
async function interrupted(args: readonly string[], dir: string, isUnderWay: () => boolean): Promise<Ended> {
  const env = { PATH: process.env.PATH ?? '', ...compileCache, DATA_DIR: dir };
  const child = spawn(process.execPath, [cli, ...args], { env });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const look = setInterval(() => {
    if (!isUnderWay()) return;
    clearInterval(look);
    child.kill('SIGINT');
  }, 1);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearInterval(look);
      resolve({ code, out: '', err });
    }),
  );
}

describe('Ctrl-C', () => {
  it('during a backup leaves no file', async () => {
    const place = join(folder, 'interrupted');
    mkdirSync(place);
    const { code, err } = await interrupted(
      ['backup', '--out', join(place, 'b')],
      dataDir,
      () => readdirSync(place).length > 0,
    );
    expect([code, err]).toEqual([1, `Interrupted. ${join(place, 'b')} was not written.\n`]);
    expect(readdirSync(place)).toEqual([]);
  }, 30_000);

  it('during an export leaves the file that had its name', async () => {
    const place = join(folder, 'interrupted-export');
    mkdirSync(place);
    writeFileSync(join(place, 'e'), 'the one before');
    const { code, err } = await interrupted(
      ['export', '--out', join(place, 'e')],
      dataDir,
      () => readdirSync(place).length > 1,
    );
    expect([code, err]).toEqual([1, 'Interrupted. The export is not whole.\n']);
    expect(readdirSync(place)).toEqual(['e']);
    expect(readFileSync(join(place, 'e'), 'utf8')).toBe('the one before');
  }, 30_000);

  it('during a restore leaves a data folder that another restore fills', async () => {
    const target = join(folder, 'interrupted-restore');
    const { code, err } = await interrupted(['restore', '--in', backup], target, () =>
      existsSync(join(target, 'postgres.unfinished/global')),
    );
    expect([code, err]).toEqual([1, `Interrupted. ${target} is as it was.\n`]);
    expect(readdirSync(target).filter((name) => /^postgres(\.unfinished)?$|secret|pid/.test(name))).toEqual([]);
    expect(await run(['restore', '--in', backup], target)).toMatchObject({ code: 0 });
  }, 60_000);
});

it('a call that only a file has is in a backup, and charged once after a restore, also when it is made during the backup', async () => {
  const from = join(folder, 'filing');
  const file = join(folder, 'filing.backup');
  const gateway = await spawnGateway(environment(from));
  await json(ask(gateway, '/v1/budgets', { name: 'acme', limit_usd: 1_000, scope: { client_id: 'acme' } }), 201);
  const here = new pg.Client(runningConnection(from));
  await here.connect();
  await here.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger refuse before insert on calls for each row execute function refuse();
    create trigger refuse before insert on unwritten_calls for each row execute function refuse()`);
  const calls = load(gateway, 2);
  await expect.poll(() => calls.answered.length, { timeout: 20_000 }).toBeGreaterThan(10);
  const before = calls.answered.length;
  // Rows filed before may be taken in while the files are copied, and new ones filed.
  const made = run(['backup', '--out', file], from);
  await sleep(300);
  await here.query('drop trigger refuse on unwritten_calls');
  await sleep(300);
  await here.query('create trigger refuse before insert on unwritten_calls for each row execute function refuse()');
  expect(await made).toMatchObject({ code: 0 });
  await calls.stop();
  await here.end();
  const filedUntil = calls.answered.slice(0, before);
  expect(await gateway.kill('SIGKILL')).not.toBe(0);
  const into = join(folder, 'filed');
  expect(await run(['restore', '--in', file], into)).toMatchObject({ code: 0 });
  const restored = await spawnGateway(environment(into));
  const there = new pg.Client(runningConnection(into));
  await there.connect();
  await there.query(
    'drop trigger refuse on calls; drop trigger if exists refuse on unwritten_calls; drop function refuse cascade',
  );
  const left = () => readdirSync(into).filter((name) => name.startsWith('unwritten-calls'));
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  const { rows } = await there.query('select id from unwritten_calls');
  const known = new Set((rows as { id: string }[]).map(({ id }) => id));
  expect(filedUntil.filter((id) => !known.has(id))).toEqual([]);
  await there.end();
  const books = await run(['verify-ledger'], into);
  expect([books.code, books.out]).toEqual([0, expect.stringContaining('Ledger OK')]);
  await restored.kill('SIGTERM');
}, 120_000);
