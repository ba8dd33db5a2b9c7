import pg from 'pg';
import { type Connection, usualConnections } from './pool.ts';

const oldestVersion = 150_000;

/**
 * Is this database fit to hold money? Refuses one that would lose or mix up what it acknowledged: no fsync, no locks between
 * connections, notifications that go astray (pooling proxies, in-process imitations). Throws one error with every fault.
 */
export async function checkFitness(
  connection: Connection,
  { connections = usualConnections, processes = 1 }: { connections?: number; processes?: number } = {},
): Promise<void> {
  const one = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 });
  const two = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 });
  one.on('error', () => {});
  two.on('error', () => {});
  try {
    await Promise.all([one.connect(), two.connect()]);
    const settings = await settingFaults(one, { connections, processes });
    // A standby refuses to be asked the rest.
    if (settings.length > 0) throw unfit(settings);
    const faults = [...(await lockFaults(one, two)), ...(await timeoutFaults(one)), ...(await notifyFaults(one, two))];
    if (faults.length > 0) throw unfit(faults);
  } finally {
    await Promise.all([one.end().catch(() => {}), two.end().catch(() => {})]);
  }
}

function unfit(faults: readonly string[]): Error {
  return new Error(`This database is not fit for the gateway:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
}

async function settingFaults(
  client: pg.Client,
  { connections, processes }: { connections: number; processes: number },
): Promise<string[]> {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as version, current_setting('fsync') as fsync,
       current_setting('full_page_writes') as pages, pg_is_in_recovery() as replica, current_setting('transaction_read_only') as readonly,
       current_setting('max_connections')::int as most,
       current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved`,
  );
  const row = rows[0] as {
    version: number;
    fsync: string;
    pages: string;
    replica: boolean;
    readonly: string;
    most: number;
    reserved: number;
  };
  const usable = row.most - row.reserved;
  return [
    ...(row.version < oldestVersion
      ? [`Postgres 15 or newer is needed; this is ${Math.floor(row.version / 10_000)}.`]
      : []),
    ...(row.fsync === 'on' ? [] : ['fsync is off: data reported as stored may be lost.']),
    ...(row.pages === 'on' ? [] : ['full_page_writes is off: a crash may tear pages.']),
    ...(row.replica || row.readonly === 'on'
      ? ['It is read-only (a replica?); the gateway writes. Let DATABASE_URL lead to the primary.']
      : []),
    ...(usable < connections * processes
      ? [
          `It has ${usable} connections (max_connections minus the reserved ones), but DATABASE_CONNECTIONS is ${connections}${processes > 1 ? ` for each of ${processes} WORKERS` : ''}. Lower ${processes > 1 ? 'one of them' : 'DATABASE_CONNECTIONS'}, or raise max_connections.`,
        ]
      : []),
  ];
}

/** A session's lock must hold across its transactions and keep others out: behind a transaction-pooling proxy it does neither. */
async function lockFaults(one: pg.Client, two: pg.Client): Promise<string[]> {
  const key = Math.floor(Math.random() * 2 ** 31);
  const take = async (client: pg.Client): Promise<boolean> =>
    ((await client.query('select pg_try_advisory_lock(7266, $1) as taken', [key])).rows[0] as { taken: boolean }).taken;
  const first = await take(one);
  const second = await take(two);
  const pids = await Promise.all(
    [one, two].map(async (client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid as number),
  );
  const released = await one.query('select pg_advisory_unlock(7266, $1) as released', [key]);
  const faults = [];
  if (!first || second || pids[0] === pids[1])
    faults.push('Advisory locks do not keep two connections apart (a pooling proxy?). Connect to Postgres itself.');
  else if ((released.rows[0] as { released: boolean }).released !== true)
    faults.push('A session does not keep its locks (a transaction-pooling proxy?). Connect to Postgres itself.');
  if (second) await two.query('select pg_advisory_unlock_all()');
  return faults;
}

async function timeoutFaults(client: pg.Client): Promise<string[]> {
  await client.query("set statement_timeout = '20ms'");
  const honoured = await client.query('select pg_sleep(2)').then(
    () => false,
    (error: { code?: string }) => error.code === '57014',
  );
  await client.query('reset statement_timeout');
  return honoured ? [] : ['statement_timeout has no effect: a query could hang forever.'];
}

async function notifyFaults(listener: pg.Client, sender: pg.Client): Promise<string[]> {
  const channel = `fitness_${Math.floor(Math.random() * 2 ** 31)}`;
  const notified = new Promise<boolean>((resolve) => {
    listener.once('notification', (message) => resolve(message.channel === channel));
    setTimeout(() => resolve(false), 2_000).unref();
  });
  await listener.query(`listen ${channel}`);
  await sender.query('select pg_notify($1, $2)', [channel, '']);
  const arrived = await notified;
  await listener.query(`unlisten ${channel}`);
  return arrived
    ? []
    : ['Notifications do not reach the connection that listens (a pooling proxy?). Connect to Postgres itself.'];
}
