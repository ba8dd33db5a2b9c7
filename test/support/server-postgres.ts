import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { dataFolder } from './data-folder.ts';

const folders = ['18', '17', '16', '15'].map((version) => `/usr/lib/postgresql/${version}/bin`);
/** Where the programs of a server Postgres are; undefined where none is installed. */
export const serverBin = folders.find((folder) => existsSync(join(folder, 'postgres')));
/** For the name of a test that needs one. */
export const orLeftOut = serverBin === undefined ? ' (left out: no Postgres server is installed here)' : '';

export interface ServerPostgres {
  port: number;
  folder: string;
  /** As its superuser, by TCP unless said otherwise. */
  url(options?: { user?: string; database?: string; host?: string; more?: string }): string;
  query(sql: string, database?: string): Promise<unknown[]>;
  /** Stops it, and all its processes, without a word, lets them go on, or kills them. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  start(): Promise<void>;
  halt(): Promise<void>;
  /** A standby that follows it. */
  standby(): Promise<ServerPostgres>;
  stop(): Promise<void>;
}

const nobody = 65534;
const as = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** A server of the system's own packages, reached by TCP, as an operator has one. */
export async function startServerPostgres(
  settings: Readonly<Record<string, string>> = {},
  /** Certificate and key by path. */
  tls?: { cert: string; key: string },
): Promise<ServerPostgres> {
  const folder = dataFolder('server');
  giveAway(folder);
  const cluster = join(folder, 'cluster');
  run('initdb', ['-D', cluster, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-instructions']);
  if (tls !== undefined)
    for (const [name, path] of [
      ['server.crt', tls.cert],
      ['server.key', tls.key],
    ] as const) {
      cpSync(path, join(cluster, name));
      giveAway(join(cluster, name));
    }
  const all = { ...(tls === undefined ? {} : { ssl: 'on' }), ...settings };
  appendFileSync(
    join(cluster, 'postgresql.conf'),
    Object.entries(all)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  );
  return launch(folder, cluster);
}

async function launch(folder: string, cluster: string): Promise<ServerPostgres> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: ServerPostgres = {
    port,
    folder,
    url: ({ user = 'postgres', database = 'postgres', host = '127.0.0.1', more = '' } = {}) =>
      `postgres://${user}@${host}:${port}/${database}${more}`,
    query: async (sql, database = 'postgres') => {
      const client = new pg.Client({ connectionString: server.url({ database }) });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query(sql)).rows;
      } finally {
        await client.end();
      }
    },
    signal: (signal) => {
      for (const pid of [child?.pid ?? 0, ...childrenOf(child?.pid ?? 0)]) process.kill(pid, signal);
    },
    start: async () => {
      const args = ['-D', cluster, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1,localhost'];
      child = spawn(join(serverBin ?? '', 'postgres'), args, { ...as, stdio: 'ignore' });
      for (let tries = 0; ; tries++) {
        try {
          await server.query('select 1');
          return;
        } catch (error) {
          if (tries > 300) throw error;
          await sleep(100);
        }
      }
    },
    halt: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGINT');
      await gone;
    },
    standby: async () => {
      const other = dataFolder('standby');
      giveAway(other);
      const copy = join(other, 'cluster');
      run('pg_basebackup', [
        '-D',
        copy,
        '-R',
        '-X',
        'stream',
        '-c',
        'fast',
        '-U',
        'postgres',
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
      ]);
      return launch(other, copy);
    },
    stop: async () => {
      await server.halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function run(program: string, args: string[]): void {
  execFileSync(join(serverBin ?? '', program), args, {
    ...as,
    stdio: 'pipe',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  });
}

function giveAway(path: string): void {
  if (as.uid !== undefined) chownSync(path, as.uid, as.gid);
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A CA, and a certificate of it for `localhost` and no other name, made by openssl. */
export function makeCertificates(): { ca: string; cert: string; key: string; folder: string } {
  const folder = dataFolder('tls');
  const at = (name: string): string => join(folder, name);
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=Own CA',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  );
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    'names',
    '-out',
    'server.crt',
  );
  if (readdirSync(folder).length === 0) throw new Error('openssl made nothing');
  return { ca: at('ca.crt'), cert: at('server.crt'), key: at('server.key'), folder };
}
