import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { holdingLock } from './cluster-lock.ts';
import { isLocked, isProcessAlive, lockFolder } from './folder-lock.ts';
import { keepRunning, type Watch } from './keep-running.ts';
import type { Connection } from './pool.ts';
import { copyBinaries, findPostgres, isReachableByOthers, linkLibraries } from './postgres-binaries.ts';
import { openLog, watchLog } from './postgres-log.ts';

export interface EmbeddedPostgres {
  connection: Connection;
  readonly pid: number;
  stop(): Promise<void>;
}

/** `nobody`: Postgres refuses to run as root, and needs a user that owns nothing else. */
const nobody = 65534;
const startMs = 60_000;
/** The log of a long backup is replayed before the first connection. */
const recoveryMs = 30 * 60_000;

/**
 * A real Postgres of our own below `dataDir`: reached by a Unix socket only, with fsync on, gone when this process is gone
 * (however it went), refused to a second gateway. A folder that was left behind by a crash opens as it is, and one whose
 * Postgres is killed while its gateway lives (by a machine short of memory) gets another.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  watch?: Watch;
  /** The most connections that the gateway may have at a time. */
  connections?: number;
}): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  await refuseOtherContainer(dataDir);
  const lock = lockFolder(dataDir);
  try {
    const place = prepare(dataDir);
    await stopLeftover(place.cluster);
    if (!existsSync(join(place.cluster, 'PG_VERSION'))) initialise(place);
    const holding = await holdingLock(place.cluster, dataDir);
    const endpoint = await chooseEndpoint(place);
    const connection = connectionTo(place, endpoint);
    const start = (): Start => launch(place, endpoint, { connections: options.connections, holding });
    const first = start();
    await first.ready;
    // For the tools that look at a database in use (`verify-ledger`): as secret as the password beside it.
    writeFileSync(`${place.cluster}.connection.json`, JSON.stringify(connection), { mode: 0o600 });
    const log = watchLog(place.logFile);
    const kept = keepRunning(first.child, { start, watch: options.watch });
    return {
      connection,
      get pid() {
        return kept.current().pid ?? 0;
      },
      stop: async () => {
        log.stop();
        await stopChild(kept.release(), endpoint.socketFolder);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Before the lock of the folder is taken: the one in another container keeps it. */
async function refuseOtherContainer(dataDir: string): Promise<void> {
  const cluster = clusterFolder(dataDir);
  if (existsSync(cluster) && !isLocked(dataDir) && leftover(cluster) === undefined) await holdingLock(cluster, dataDir);
}

/** Where the embedded database of a data folder is: in it or, for root, beside its home. */
export function databaseHome(dataDir: string): string {
  const pointer = join(resolve(dataDir), 'postgres-is-in');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : resolve(dataDir);
}

/** How to reach the embedded database of a folder while its gateway runs; undefined where there is none. */
export function runningConnection(dataDir: string): Connection | undefined {
  try {
    return JSON.parse(readFileSync(`${clusterFolder(dataDir)}.connection.json`, 'utf8')) as Connection;
  } catch {
    return undefined;
  }
}

/** Where the files of the embedded database of a folder are, or would be. */
export function clusterFolder(dataDir: string): string {
  return clusterIn(databaseHome(dataDir));
}

export function hasCluster(dataDir: string): boolean {
  return existsSync(join(clusterFolder(dataDir), 'PG_VERSION'));
}

/** The password of the embedded database, which lies beside its files. */
export function clusterPassword(dataDir: string): string {
  return passwordIn(dirname(clusterFolder(dataDir)));
}

/**
 * Gives a folder without a database one that `fill` writes file by file. It is made aside, `check` looks at it while a Postgres runs
 * on it, and only then does it get its name: so the folder has all of it or none, also after a kill.
 */
export async function adoptCluster(options: {
  dataDir: string;
  password: string;
  /** Left out: it begins empty. */
  fill?: (folder: string) => Promise<void>;
  check: (connection: Connection) => Promise<void>;
  /** The last moment before the database is there: what belongs beside it is written now. */
  publish: () => void;
}): Promise<void> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  const place = prepare(dataDir);
  const aside = { ...place, cluster: `${place.cluster}.unfinished`, password: options.password };
  try {
    if (existsSync(place.cluster))
      throw new Error(
        `${place.cluster} is a database already. Use another DATA_DIR, or move it away first. Nothing was changed.`,
      );
    // Of an earlier one that was killed.
    rmSync(aside.cluster, { recursive: true, force: true });
    if (options.fill === undefined) initialise(aside);
    else {
      mkdirSync(aside.cluster, { mode: 0o700 });
      await options.fill(aside.cluster);
      giveAway(aside.cluster, place.as);
    }
    const endpoint = await chooseEndpoint(aside);
    const { child, ready } = launch(aside, endpoint, { patienceMs: recoveryMs });
    try {
      await ready;
      await options.check(connectionTo(aside, endpoint));
    } finally {
      await stopChild(child, endpoint.socketFolder);
    }
    writeFileSync(passwordFile(dirname(place.cluster)), options.password, { mode: 0o600 });
    options.publish();
    renameSync(aside.cluster, place.cluster);
  } finally {
    rmSync(aside.cluster, { recursive: true, force: true });
    lock.release();
  }
}

/** Files that root wrote belong to the user that Postgres runs as. */
function giveAway(folder: string, { uid, gid }: ClusterFiles['as']): void {
  if (uid === undefined || gid === undefined) return;
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chownSync(join(entry.parentPath, entry.name), uid, gid);
}

interface ClusterFiles {
  native: string;
  cluster: string;
  password: string;
  logFile: string;
  /** Where spawned programs run as somebody else. */
  as: Pick<SpawnOptions, 'uid' | 'gid'>;
}

function prepare(dataDir: string): ClusterFiles {
  const asRoot = process.getuid?.() === 0;
  const native = findPostgres();
  const copy = join(dataDir, 'postgres-binaries');
  if (!asRoot) {
    return { ...filesBelow(dataDir), native: linkLibraries(native, copy), as: {} };
  }
  // `nobody` must get to program and data; below root's own home it does not.
  const home = isReachableByOthers(dataDir) ? dataDir : sharedHome(dataDir);
  const linked = linkLibraries(native, join(home, 'postgres-binaries'));
  const reachable = isReachableByOthers(linked) ? linked : copyBinaries(linked, join(home, 'postgres-binaries'));
  return { ...filesBelow(home), native: reachable, as: { uid: nobody, gid: nobody } };
}

function filesBelow(home: string): Pick<ClusterFiles, 'cluster' | 'password' | 'logFile'> {
  return { cluster: clusterIn(home), password: passwordIn(home), logFile: join(home, 'postgres.log') };
}

function clusterIn(home: string): string {
  return join(home, 'postgres');
}

/** A place beside root's home for a data folder inside it, the same at every start. */
function sharedHome(dataDir: string): string {
  const home = join('/var/lib/ai-gateway', shortHash(dataDir));
  mkdirSync(home, { recursive: true, mode: 0o755 });
  writeFileSync(join(dataDir, 'postgres-is-in'), `${home}\n`);
  return home;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function passwordFile(home: string): string {
  return join(home, 'postgres-password');
}

function passwordIn(home: string): string {
  const path = passwordFile(home);
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(path, 'utf8').trim();
}

/** A cluster that is whole or not there: made aside, then renamed. `initdb` on a folder in use would be the end of it. */
function initialise(place: ClusterFiles): void {
  const aside = `${place.cluster}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  const passwordFile = `${place.cluster}.pw`;
  writeFileSync(passwordFile, place.password, { mode: 0o600 });
  if (place.as.uid !== undefined) {
    chownSync(aside, nobody, nobody);
    chownSync(passwordFile, nobody, nobody);
  }
  try {
    execFileSync(
      join(place.native, 'bin', 'initdb'),
      [
        '-D',
        aside,
        '-U',
        'gateway',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--data-checksums',
        '--no-instructions',
      ],
      { ...place.as, stdio: 'pipe', env: environment() },
    );
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw new Error(`The embedded Postgres could not be set up: ${said}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(aside, place.cluster);
}

/** The locale is fixed, and nothing of this process's own secrets is anybody else's to read. */
function environment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
}

interface Start {
  child: ChildProcess;
  ready: Promise<void>;
}

function launch(
  place: ClusterFiles,
  endpoint: Endpoint,
  {
    patienceMs = startMs,
    connections = 0,
    holding = [],
  }: { patienceMs?: number; connections?: number | undefined; holding?: readonly string[] },
): Start {
  const program = join(place.native, 'bin', 'postgres');
  const args = ['-D', place.cluster, ...settings(endpoint, connections)];
  const [command, ...rest] = [...holding, ...dyingWithParent(), program, ...args] as [string, ...string[]];
  const log = openLog(place.logFile);
  // A process group of its own: Ctrl-C in a terminal is for the gateway, which stops Postgres when it has drained.
  const child = spawn(command, rest, { ...place.as, env: environment(), stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  child.unref();
  return { child, ready: untilReady(child, connectionTo(place, endpoint), place.logFile, patienceMs) };
}

function connectionTo({ password }: ClusterFiles, { host, port }: Endpoint): Connection {
  return { host, port, user: 'gateway', password, database: 'postgres' };
}

interface Endpoint {
  host: string;
  port: number;
  socketFolder: string | undefined;
}

/** A Unix socket in a folder nobody else can enter; its path must be short (107 bytes), which data folders are not. */
async function chooseEndpoint(place: ClusterFiles): Promise<Endpoint> {
  if (process.platform === 'win32') return { host: '127.0.0.1', port: await freePort(), socketFolder: undefined };
  const folder = join(tmpdir(), `ai-gateway-${process.getuid?.()}-${shortHash(place.cluster)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = place.as.uid ?? process.getuid?.();
  const { uid } = statSync(folder);
  if (uid !== owner && uid !== process.getuid?.())
    throw new Error(`${folder} belongs to somebody else; remove it, or set TMPDIR to a folder of your own.`);
  if (place.as.uid !== undefined) chownSync(folder, nobody, nobody);
  chmodSync(folder, 0o700);
  return { host: folder, port: 5432, socketFolder: folder };
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** Room for several processes beside each other, for tools, and for the tests, which run many. */
const connectionsMin = 200;
const connectionsBeside = 40;

function settings({ host, port, socketFolder }: Endpoint, connections: number): string[] {
  const values: Record<string, string> = {
    port: String(port),
    listen_addresses: socketFolder === undefined ? host : '',
    ...(socketFolder === undefined ? {} : { unix_socket_directories: socketFolder, unix_socket_permissions: '0700' }),
    max_connections: String(Math.max(connectionsMin, connections + connectionsBeside)),
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    // A backup beside a running gateway needs this (`backup/copy-cluster.ts`). It costs nothing that can be measured: 577 bytes of log a
    // call, and 581 at `minimal`. An embedded database is never replicated.
    wal_level: 'replica',
    max_wal_senders: '0',
    wal_compression: 'on',
    checkpoint_timeout: '15min',
    // As on any SSD: the default is for spinning disks, and reads a month of calls where it needs the last two hours of it.
    random_page_cost: '1.1',
    jit: 'off',
    log_min_messages: 'warning',
    log_line_prefix: '%m [%p] ',
    timezone: 'UTC',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** On Linux the kernel itself stops Postgres (SIGINT, "fast") when this process dies, even by `kill -9`. */
function dyingWithParent(): string[] {
  const setpriv = '/usr/bin/setpriv';
  return process.platform === 'linux' && existsSync(setpriv) ? [setpriv, '--pdeathsig', 'INT', '--'] : [];
}

async function untilReady(
  child: ChildProcess,
  connection: Connection,
  logFile: string,
  patienceMs: number,
): Promise<void> {
  const until = Date.now() + patienceMs;
  let gone = false;
  child.once('exit', () => {
    gone = true;
  });
  child.once('error', () => {
    gone = true;
  });
  while (!gone && Date.now() < until) {
    const client = new pg.Client({ ...connection, connectionTimeoutMillis: 2_000 });
    // A connection that is dropped while Postgres recovers is an answer, not an accident.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await client.end().catch(() => {});
      await sleep(20);
    }
  }
  child.kill('SIGQUIT');
  throw new Error(`The embedded Postgres did not start. The end of its log, ${logFile}:\n${lastLines(logFile)}`);
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');
  } catch {
    return '(nothing)';
  }
}

async function stopChild(child: ChildProcess, socketFolder: string | undefined): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((done) => child.once('exit', () => done()));
  child.ref();
  // SIGINT: sessions are ended, all is flushed. SIGQUIT, should that take too long, recovers from the log at the next start.
  child.kill('SIGINT');
  const patience = setTimeout(() => child.kill('SIGQUIT'), 10_000);
  await exit;
  clearTimeout(patience);
  if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
}

/**
 * Where the kernel could not stop a Postgres whose gateway was killed, it still runs. This start stops it and waits for it. The
 * folder lock is ours by now, so no other gateway uses it.
 */
async function stopLeftover(cluster: string): Promise<void> {
  const pid = leftover(cluster);
  if (pid === undefined) return;
  const until = Date.now() + 30_000;
  for (let tries = 0; isProcessAlive(pid) && isPostgres(pid); tries++) {
    if (tries === 0) signal(pid, 'SIGINT');
    if (tries === 500) signal(pid, 'SIGQUIT');
    if (Date.now() > until)
      throw new Error(
        `A Postgres left over from an earlier start (process ${pid}) does not stop. End it by hand, then start again.`,
      );
    await sleep(20);
  }
}

/** The Postgres that runs on these files, where this machine or container has it. */
function leftover(cluster: string): number | undefined {
  const pid = Number(readPostmasterPid(cluster));
  return Number.isInteger(pid) && pid > 1 && isProcessAlive(pid) && isPostgres(pid) ? pid : undefined;
}

function readPostmasterPid(cluster: string): string | undefined {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}

/** The number in a stale file may belong to anybody by now. Where the system does not tell, Postgres's own check decides. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return process.platform !== 'linux';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone in the meantime: which is what was wanted.
  }
}
