import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everythingWanted } from '../../gateway/launcher/install-everything.js';
import { readStamp } from '../../gateway/launcher/installed.js';
import { eventually } from '../support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { isInstalled } from '../support/proxies.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const unit = join(root, 'deploy/ai-gateway.service');

const canNotify =
  isInstalled('systemd-notify', ['--version'], 'what systemd hears') &&
  isInstalled('python3', ['--version'], 'what systemd hears (Node has no Unix datagram sockets to listen on)');
const canAnalyze = isInstalled('systemd-analyze', ['--version'], 'deploy/ai-gateway.service');

/** Binds the socket in the place of systemd, and prints each message on one line. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().strip().replace("\\n", " "), flush=True)
`;

async function listen(folder: string): Promise<[socket: string, received: () => string, stop: () => void]> {
  const socket = join(folder, 'notify');
  const python = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  let received = '';
  python.stdout.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  await eventually(() => expect(received).toBe('bound\n'));
  return [socket, () => received, () => python.kill()];
}

describe.runIf(canNotify)('a gateway that systemd starts', { timeout: 90_000 }, () => {
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

  it('reports to systemd that it serves, that it is the main process, that it is alive, and that it stops', async () => {
    const [socket, received, stopListening] = await listen(folder);
    const gateway = await spawnGateway({
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: '600000',
    });
    await eventually(() => expect(received()).toContain(`READY=1 MAINPID=${gateway.child.pid} `));
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await eventually(() => expect(received().match(/WATCHDOG=1/g)?.length).toBeGreaterThanOrEqual(2));
    expect(received()).not.toContain('STOPPING');
    expect(await gateway.kill('SIGTERM')).toBe(0);
    await eventually(() => expect(received()).toContain('STOPPING=1'));
    stopListening();
  });

  // Otherwise the launcher would install everything first.
  const isInstalledHere = readStamp(root)?.all === everythingWanted(root);
  const whyNot = isInstalledHere ? '' : ' (left out: what is installed here is not what npm test installs)';
  it.runIf(isInstalledHere)(`is the main process for systemd, also as the parent of workers${whyNot}`, async () => {
    const [socket, received, stopListening] = await listen(folder);
    const [program = '', ...args] = (/^ExecStart=(.*)$/m.exec(readFileSync(unit, 'utf8'))?.[1] ?? '').split(' ');
    const settings = { PORT: '0', DATABASE_URL: database.url, DATA_DIR: folder, NOTIFY_SOCKET: socket, WORKERS: '2' };
    const launcher = spawn(program, args, {
      cwd: root,
      env: { PATH: process.env.PATH, ...settings },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => launcher.once('exit', resolve));
    try {
      const main = await eventually(() => {
        const [, pid] = /READY=1 MAINPID=(\d+) /.exec(received()) ?? [];
        expect(pid).toBeDefined();
        return Number(pid);
      }, 60_000);
      expect(main).not.toBe(launcher.pid);
      // As systemd stops the unit: KillMode=mixed.
      process.kill(main, 'SIGTERM');
      expect(await ended).toBe(0);
      await eventually(() => expect(received()).toContain('STOPPING=1'));
    } finally {
      launcher.kill('SIGTERM');
    }
    stopListening();
  });

  it('serves and logs a missing systemd-notify once', async () => {
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
  it('is a valid unit for systemd, and so are those of the nightly backup', () => {
    const backup = ['service', 'timer'].map((kind) => join(root, `deploy/ai-gateway-backup.${kind}`));
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', unit, ...backup], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('gives the gateway few rights', () => {
    const text = execFileSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' });
    const exposure = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(text)?.[1]);
    // Of 10; a unit that says nothing has 9.6.
    expect(exposure).toBeLessThan(3);
  });
});
