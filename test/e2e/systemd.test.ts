import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { isInstalled } from '../support/proxies.ts';

const unit = fileURLToPath(new URL('../../deploy/ai-gateway.service', import.meta.url));

const canNotify =
  isInstalled('systemd-notify', ['--version'], 'what systemd is told') &&
  isInstalled('python3', ['--version'], 'what systemd is told (Node has no Unix datagram sockets to listen on)');
const canAnalyze = isInstalled('systemd-analyze', ['--version'], 'deploy/ai-gateway.service');

/** Binds the socket in the place of systemd, and prints each message on one line. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().strip().replace("\\n", " "), flush=True)
`;

describe.runIf(canNotify)('a gateway that systemd starts', () => {
  let database: TestDatabase;
  let folder: string;
  beforeEach(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'ai-gateway-systemd-'));
  });
  afterEach(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says when it serves, that it is the main process, that it is alive, and that it stops', async () => {
    const socket = join(folder, 'notify');
    const python = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    python.stdout.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    await eventually(() => expect(heard).toBe('bound\n'));
    const gateway = await spawnGateway({
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: '600000',
    });
    await eventually(() => expect(heard).toContain(`READY=1 MAINPID=${gateway.child.pid} `));
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await eventually(() => expect(heard.match(/WATCHDOG=1/g)?.length).toBeGreaterThanOrEqual(2));
    expect(heard).not.toContain('STOPPING');
    expect(await gateway.kill('SIGTERM')).toBe(0);
    await eventually(() => expect(heard).toContain('STOPPING=1'));
    python.kill();
  });

  it('serves and says so once when systemd-notify is not there', async () => {
    const gateway = await spawnGateway({
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      NOTIFY_SOCKET: join(folder, 'notify'),
      WATCHDOG_USEC: '200000',
      PATH: folder,
    });
    await eventually(() => expect(gateway.output()).toContain('systemd-notify cannot be run'));
    expect(await gateway.kill('SIGTERM')).toBe(0);
    expect(gateway.output().match(/systemd-notify cannot be run/g)).toHaveLength(1);
  });
});

describe.runIf(canAnalyze)('deploy/ai-gateway.service', () => {
  it('is a unit that systemd takes', () => {
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('gives the gateway little that an intruder could use', () => {
    const text = execFileSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' });
    const exposure = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(text)?.[1]);
    // Of 10; a unit that says nothing has 9.6.
    expect(exposure).toBeLessThan(3);
  });
});
