import type { Db } from '../db/transaction.ts';

export interface GatewayHealth {
  databaseVersion: string;
  databaseBytes: number;
  connections: number;
  connectionsMax: number;
  unwrittenCalls: number;
  deliveries: number;
  oldestDeliveryAt: Date | null;
  backgroundCalls: number;
}

export async function readHealth(db: Db): Promise<GatewayHealth> {
  const { rows } = await db.query(
    `select split_part(current_setting('server_version'), ' ', 1) as version, pg_database_size(current_database())::float8 as bytes,
       (select count(*)::integer from pg_stat_activity where backend_type = 'client backend') as connections,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as connections_max,
       (select count(*)::integer from unwritten_calls) as unwritten,
       (select count(*)::integer from deliveries where status = 'pending') as deliveries,
       (select min(created_at) from deliveries where status = 'pending') as oldest,
       (select count(*)::integer from background_calls where state in ('queued', 'running')) as background`,
  );
  const [row] = rows as {
    version: string;
    bytes: number;
    connections: number;
    connections_max: number;
    unwritten: number;
    deliveries: number;
    oldest: Date | null;
    background: number;
  }[];
  if (row === undefined) throw new Error('the database says nothing of its health');
  return {
    databaseVersion: row.version,
    databaseBytes: row.bytes,
    connections: row.connections,
    connectionsMax: row.connections_max,
    unwrittenCalls: row.unwritten,
    deliveries: row.deliveries,
    oldestDeliveryAt: row.oldest,
    backgroundCalls: row.background,
  };
}

export interface ListedProcess {
  id: string;
  hostname: string;
  pid: number;
  startedAt: Date;
}

export async function listProcesses(db: Db): Promise<ListedProcess[]> {
  const { rows } = await db.query('select id, hostname, pid, started_at from processes order by started_at, id');
  return (rows as { id: string; hostname: string; pid: number; started_at: Date }[]).map((row) => ({
    id: row.id,
    hostname: row.hostname,
    pid: row.pid,
    startedAt: row.started_at,
  }));
}
