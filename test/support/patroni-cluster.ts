import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { diskFolder } from './data-folder.ts';

const shipped = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/high-availability/${name}`, import.meta.url)), 'utf8');

const programs = ['/usr/bin/patroni', '/usr/bin/etcd', '/usr/sbin/haproxy'];
const postgresHome = '/usr/lib/postgresql';

/** The program that a cluster misses here, or undefined. */
export function missingForCluster(): string | undefined {
  const missing = programs.filter((program) => !existsSync(program));
  if (process.platform !== 'linux') return 'Linux';
  if (!existsSync(postgresHome)) missing.push(postgresHome);
  return missing.length === 0 ? undefined : missing.join(', ');
}

interface Node {
  name: string;
  api: string;
  process: ChildProcess | undefined;
  configFile: string;
  dataDir: string;
}

/** etcd, three Patroni nodes and haproxy, by the files of `deploy/high-availability` with ports and folders of their own. */
export class PatroniCluster {
  /** Leads to whichever node is the primary. */
  url = '';
  readonly #folder = diskFolder('patroni');
  readonly #sockets = diskFolder('sockets');
  readonly #processes: ChildProcess[] = [];
  readonly #nodes: Node[] = [];
  /** The last words of all programs, for a failure. */
  #said = '';

  async start(): Promise<this> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o755 });
    chmodSync(this.#folder, 0o755);
    const [client, peer, proxy, ...ports] = await freePorts(9);
    const etcd = `http://127.0.0.1:${client}`;
    const etcdPeer = `http://127.0.0.1:${peer}`;
    const etcdFolder = this.#ownFolder('etcd');
    this.#run('/usr/bin/etcd', [
      ...['--data-dir', etcdFolder, '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', etcdPeer, '--initial-advertise-peer-urls', etcdPeer],
      ...['--initial-cluster', `default=${etcdPeer}`, '--unsafe-no-fsync', '--enable-v2'],
    ]);
    for (const [i, name] of ['node1', 'node2', 'node3'].entries()) {
      const node = this.#configure(name, {
        etcd: client ?? 0,
        api: ports[i * 2] ?? 0,
        postgres: ports[i * 2 + 1] ?? 0,
      });
      this.#nodes.push(node);
      this.#startNode(node);
      // The first one makes the cluster, the others copy it.
      if (i === 0) await this.#until('a primary', () => this.primary());
    }
    this.#startProxy(proxy ?? 0, ports);
    this.url = `postgres://postgres:CHANGE-ME@127.0.0.1:${proxy}/postgres`;
    await this.untilWhole();
    return this;
  }

  /**
   * Until there is a primary, a synchronous standby and another standby, so that one more may be lost. A standby that Patroni starts again and
   * again is copied anew, as docs/high-availability.md tells an operator.
   */
  async untilWhole(): Promise<void> {
    await this.#until('a primary with two standbys', async () => {
      for (const { name, api, configFile } of this.#nodes)
        if ((await statusOf(api))?.state === 'start failed') {
          console.log(`${name} does not start, and is copied anew`);
          await outputOf('/usr/bin/patronictl', ['-c', configFile, 'reinit', 'ai-gateway', name, '--force']);
        }
      const primary = await this.primary();
      const standbys = this.#nodes.filter(({ name }) => name !== primary);
      const follow = await Promise.all(standbys.map(({ api }) => answers(`${api}/replica`)));
      const sync = await Promise.all(standbys.map(({ api }) => answers(`${api}/synchronous`)));
      return primary !== undefined && follow.every(Boolean) && sync.includes(true);
    });
  }

  /** The name of the node that holds the lock now. */
  async primary(): Promise<string | undefined> {
    const are = await Promise.all(this.#nodes.map(({ api }) => answers(`${api}/primary`)));
    return this.#nodes.find((_, i) => are[i])?.name;
  }

  /** As a Postgres that crashes: its Patroni lives, and gives the lock away. */
  killPostgres(name: string): void {
    process.kill(this.#postmasterOf(name), 'SIGKILL');
  }

  /** As a machine that loses its power. */
  killMachine(name: string): void {
    const node = this.#node(name);
    for (const pid of [node.process?.pid, this.#postmasterOf(name)])
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    node.process = undefined;
  }

  /** As a machine that hangs, and later goes on as if nothing had happened. */
  freezeMachine(name: string): { thaw: () => void } {
    const pids = [this.#node(name).process?.pid ?? 0, ...familyOf(this.#postmasterOf(name))];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return {
      thaw: () => {
        for (const pid of pids) signal(pid, 'SIGCONT');
      },
    };
  }

  /** As an operator who believes that the primary is gone: every standby becomes a primary, whatever Patroni thinks of it. */
  promoteStandbys(primary: string): void {
    for (const { name, dataDir } of this.#nodes)
      if (name !== primary)
        execFileSync(join(binOf(), 'pg_ctl'), ['promote', '-D', dataDir, '--no-wait'], {
          ...asPostgres(),
          stdio: 'pipe',
        });
  }

  /** Until Patroni has made standbys of all others again, and has copied the primary to them anew. */
  async copyAgain(primary: string): Promise<void> {
    const others = this.#nodes.filter(({ name }) => name !== primary);
    await Promise.all(
      others.map(async ({ name, api, configFile }) => {
        await this.#until(`a standby of ${name}`, async () => (await statusOf(api))?.role === 'replica');
        const reinit = ['-c', configFile, 'reinit', 'ai-gateway', name, '--force'];
        await this.#until(`a copy for ${name}`, async () =>
          /Success/i.test(await outputOf('/usr/bin/patronictl', reinit)),
        );
      }),
    );
    await this.untilWhole();
  }

  /** Starts a node again after its machine died. */
  revive(name: string): void {
    this.#startNode(this.#node(name));
  }

  async stop(): Promise<void> {
    for (const { process: patroni } of this.#nodes) patroni?.kill('SIGKILL');
    for (const { name } of this.#nodes) {
      try {
        process.kill(this.#postmasterOf(name), 'SIGQUIT');
      } catch {
        // It is gone already.
      }
    }
    for (const child of this.#processes) child.kill('SIGKILL');
    await sleep(500);
    for (const folder of [this.#folder, this.#sockets])
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
  }

  async #until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<void> {
    const deadline = performance.now() + 120_000;
    do {
      const found = await look();
      if (found !== undefined && found !== false) return;
      await sleep(100);
    } while (performance.now() < deadline);
    throw new Error(`${what} did not come within two minutes:\n${this.#said}`);
  }

  #node(name: string): Node {
    const node = this.#nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    return node;
  }

  #postmasterOf(name: string): number {
    const [pid = ''] = readFileSync(join(this.#node(name).dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(pid);
  }

  #configure(name: string, ports: { etcd: number; api: number; postgres: number }): Node {
    const folder = this.#ownFolder(name);
    const dataDir = join(folder, 'data');
    const text = shipped('patroni.yml')
      .replace('name: node1', `name: ${name}`)
      .replaceAll('10.0.0.11:8008', `127.0.0.1:${ports.api}`)
      .replace(/hosts: .*/, `hosts: 127.0.0.1:${ports.etcd}`)
      .replaceAll('10.0.0.11:5432', `127.0.0.1:${ports.postgres}`)
      .replace('/var/lib/postgresql/15/ai-gateway', dataDir)
      .replace('/usr/lib/postgresql/15/bin', binOf())
      .replaceAll('samenet', '127.0.0.1/32')
      // Debian's own folder for sockets belongs to its cluster.
      .replace(
        '  pg_hba:',
        `  parameters:\n    unix_socket_directories: ${this.#ownFolder(name, this.#sockets)}\n  pg_hba:`,
      );
    const configFile = join(folder, 'patroni.yml');
    writeFileSync(configFile, text, { mode: 0o644 });
    return { name, api: `http://127.0.0.1:${ports.api}`, process: undefined, configFile, dataDir };
  }

  #startNode(node: Node): void {
    node.process = this.#run('/usr/bin/patroni', [node.configFile], { ...asPostgres(), home: `${node.name}-home` });
  }

  #startProxy(port: number, ports: readonly number[]): void {
    let text = shipped('haproxy.cfg').replaceAll('127.0.0.1:5000', `127.0.0.1:${port}`);
    for (const [i, host] of ['10.0.0.11', '10.0.0.12', '10.0.0.13'].entries())
      text = text.replace(`${host}:5432 check port 8008`, `127.0.0.1:${ports[i * 2 + 1]} check port ${ports[i * 2]}`);
    const file = join(this.#folder, 'haproxy.cfg');
    writeFileSync(file, text);
    this.#run('/usr/sbin/haproxy', ['-db', '-f', file]);
  }

  #ownFolder(name: string, parent = this.#folder): string {
    const folder = join(parent, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, gid } = asPostgres();
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    return folder;
  }

  #run(
    program: string,
    args: string[],
    { home = 'home', ...as }: { uid?: number; gid?: number; home?: string } = {},
  ): ChildProcess {
    // Patroni keeps the password file of its standby in HOME: nodes that share one overwrite each other's.
    const env = { PATH: process.env.PATH, HOME: this.#ownFolder(home), LC_ALL: 'C.UTF-8' };
    const child = spawn(program, args, { ...as, stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#folder, env });
    child.stderr?.on('data', (part: Buffer) => {
      this.#said = (this.#said + part.toString()).slice(-8_000);
    });
    this.#processes.push(child);
    return child;
  }
}

function binOf(): string {
  return join(postgresHome, readdirSync(postgresHome).sort().at(-1) ?? '', 'bin');
}

/** Postgres does not run as root. */
function asPostgres(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function familyOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** What a command prints, whether it ends well or not. */
function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'utf8' }, (_error, stdout) => resolve(stdout));
  });
}

/** As Patroni says it: the role `master` or `replica`, the state `running` or `start failed`. */
async function statusOf(api: string): Promise<{ role?: string; state?: string } | undefined> {
  const said = await fetch(`${api}/patroni`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  return (await said?.json().catch(() => undefined)) as { role?: string; state?: string } | undefined;
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
