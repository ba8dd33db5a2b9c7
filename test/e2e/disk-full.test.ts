import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningConnection } from '../../gateway/src/db/embedded-postgres.ts';
import { chat, eventually, hello } from '../support/ask.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

/** A disk of its own, small enough to fill. Only root may mount one. */
function mountDisk(megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder]);
  if (status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
}

/** Takes all the room there is. */
function fill(folder: string): () => void {
  const path = join(folder, 'filler');
  const file = openSync(path, 'w');
  const megabyte = Buffer.alloc(1024 * 1024);
  for (const piece of [megabyte, Buffer.alloc(4096)])
    try {
      for (;;) if (writeSync(file, piece) < piece.length) break;
    } catch {
      // Full.
    }
  closeSync(file);
  return () => rmSync(path);
}

const disk = process.platform === 'linux' ? mountDisk(220) : undefined;

describe.skipIf(disk === undefined)('a disk without room (left out where no tmpfs can be mounted)', () => {
  const folder = disk ?? '';
  let fakes: Fakes;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    fakes = await startFakes();
    const { DATABASE_URL: _none, ...env } = gatewayEnv(fakes, '', folder);
    gateway = await spawnGateway(env);
  }, 60_000);
  afterAll(async () => {
    await gateway?.kill('SIGTERM');
    await fakes.stop();
    unmount(folder);
  }, 60_000);

  const call = async (): Promise<{ status: number; retryAfter: string | null; text: string; id: string | null }> => {
    const response = await fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(hello()),
    });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      text: await response.text(),
      id: response.headers.get('x-request-id'),
    };
  };

  it('stops calls with 503, loses none, and serves again once there is room', { timeout: 120_000 }, async () => {
    const answered: string[] = [];
    const note = (id: string | null): void => void answered.push(id ?? '');
    for (let i = 0; i < 20; i += 1) note((await call()).id);
    const makeRoom = fill(folder);
    expect(statfsSync(folder).bavail).toBeLessThan(10);
    const refused = await eventually(async () => {
      const answer = await call();
      if (answer.status === 200) note(answer.id);
      expect(answer.status).toBe(503);
      return answer;
    }, 60_000);
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'service_unavailable' } });
    expect(refused.retryAfter).not.toBeNull();
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect(gateway.output()).toContain('No space left on device');
    await eventually(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503), 10_000);
    makeRoom();
    await eventually(async () => {
      const answer = await call();
      expect(answer.status).toBe(200);
      note(answer.id);
    }, 60_000);
    const rows = await (
      await fetch(`${gateway.url}/v1/usage/requests?limit=100&status=succeeded`, {
        headers: { authorization: `Bearer ${liveKey}` },
      })
    ).json();
    const ids = (rows as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(answered.filter((id) => !ids.includes(id))).toEqual([]);
    expect(gateway.child.exitCode).toBeNull();
  });

  it('serves again where Postgres itself had to stop', { timeout: 120_000 }, async () => {
    const makeRoom = fill(folder);
    const own = new pg.Client(runningConnection(folder));
    own.on('error', () => {});
    await own.connect();
    // A new segment of its write-ahead log has no room: Postgres panics and ends.
    for (let i = 0; i < 20; i += 1)
      try {
        await own.query('select pg_switch_wal()');
        await own.query('create table filling as select generate_series(1, 20000)');
        await own.query('drop table filling');
      } catch {
        break;
      }
    await eventually(async () => expect((await call()).status).toBe(503), 30_000);
    await eventually(() => expect(gateway.output()).toContain('is full, so the embedded Postgres cannot run'), 20_000);
    makeRoom();
    await eventually(async () => expect((await call()).status).toBe(200), 60_000);
  });
});

it.skipIf(disk === undefined)(
  'a start on a disk without room, or on a read-only one, ends with a sentence (left out where no tmpfs can be mounted)',
  { timeout: 60_000 },
  async () => {
    const small = mountDisk(8) ?? '';
    const env = { PORT: '0', DATA_DIR: small };
    const full = await spawnGateway(env).catch((error: Error) => error.message);
    expect(full).toContain('The embedded Postgres could not be set up');
    expect(full).toContain('No space left on device');
    spawnSync('mount', ['-o', 'remount,ro', small]);
    const readOnly = await spawnGateway(env).catch((error: Error) => error.message);
    expect(readOnly).toMatch(/ cannot be written: its disk is read-only\. Mount it for writing, or set DATA_DIR/);
    unmount(small);
  },
);
