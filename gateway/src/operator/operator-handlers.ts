import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { type DiskSpace, diskWarning } from '../telemetry/disk-space.ts';
import { badCursor, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { version } from '../version.ts';
import { listProcesses, readHealth } from './health-store.ts';
import { type ListedWorkspace, listWorkspaces } from './workspace-list-store.ts';

interface OperatorPorts {
  db: Pool;
  now: () => number;
  disk: { read: () => Promise<DiskSpace> };
}

export const operatorHandlers: Pick<Handlers<Context<OperatorPorts>>, 'workspaces.list' | 'operator.health'> = {
  'workspaces.list': async ({ search, cursor, limit }, { services }) => {
    const today = new Date(services.now());
    const rows = await listWorkspaces(services.db, {
      search: search === '' ? undefined : search,
      before: cursor === undefined ? undefined : readId(cursor),
      limit: limit + 1,
      monthStart: new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1)),
    });
    return pageOf(rows, limit, { view: describe, cursor: (last) => writeParts([last.id]) });
  },

  'operator.health': async (_input, { services }) => {
    const [health, processes, disk] = await Promise.all([
      readHealth(services.db),
      listProcesses(services.db),
      services.disk.read().catch(() => undefined),
    ]);
    return {
      version,
      database: {
        version: health.databaseVersion,
        size_bytes: health.databaseBytes,
        connections: health.connections,
        connections_max: health.connectionsMax,
        unwritten_calls: health.unwrittenCalls,
      },
      disk:
        disk === undefined
          ? null
          : { free_bytes: disk.freeBytes, size_bytes: disk.sizeBytes, warning: diskWarning(disk) ?? null },
      queues: {
        deliveries: health.deliveries,
        oldest_delivery_at: health.oldestDeliveryAt?.toISOString() ?? null,
        background_calls: health.backgroundCalls,
      },
      processes: processes.map(({ id, hostname, pid, startedAt }) => ({
        id,
        hostname,
        pid,
        started_at: startedAt.toISOString(),
      })),
    };
  },
};

function describe(row: ListedWorkspace): OutputOf<'workspaces.list'>['data'][number] {
  return {
    id: row.id,
    name: row.name,
    state: row.isStopped ? 'stopped' : row.needsPlan ? 'no_plan' : 'running',
    created_at: row.createdAt.toISOString(),
    members: row.members,
    requests: row.calls,
    cost_usd: toUsd(row.costNanos),
  };
}

function readId(cursor: string): string {
  const [id = ''] = readTexts(cursor, 1);
  if (!/^ws_[0-9a-z]{1,40}$/.test(id)) throw badCursor();
  return id;
}
