import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import parts from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { useNow, When } from '../../components/when.tsx';
import { bytesForPeople } from '../../format/bytes.ts';
import { countForPeople } from '../../format/money.ts';

type Health = OutputOf<'operator.health'>;

/** Database, disk, queues and processes, each with what to do where something is wrong. */
export function HealthCard(): ReactNode {
  const health = useRead('operator.health', {});
  return (
    <Card
      title="Health"
      actions={
        <>
          <a href="/metrics">Metrics</a>
          <Button small disabled={health.isFetching} onClick={() => void health.refetch()}>
            Look again
          </Button>
        </>
      }
    >
      <Loaded query={health}>
        {(data) => (
          <div className={parts.stack}>
            <Faults health={data} />
            <Facts health={data} />
            <Processes processes={data.processes} />
          </div>
        )}
      </Loaded>
    </Card>
  );
}

const lateMs = 10 * 60_000;

function Faults({ health: { database, disk, queues } }: { health: Health }): ReactNode {
  const now = useNow();
  const { connections, connections_max: most, unwritten_calls: unwritten } = database;
  const oldest = queues.oldest_delivery_at;
  const faults = [
    disk?.warning ?? undefined,
    connections > most * 0.9
      ? `${connections} of ${most} database connections are open. Raise max_connections of Postgres.`
      : undefined,
    unwritten > 0
      ? `${countForPeople(unwritten)} calls wait for their record. "npm run gateway doctor" says why.`
      : undefined,
    oldest !== null && now - Date.parse(oldest) > lateMs
      ? 'Deliveries are late: a receiver is slow or away. Each is tried again for three days.'
      : undefined,
  ].filter((one) => one !== undefined);
  if (faults.length === 0)
    return (
      <p>
        <Status kind="good">Nothing needs you</Status>
      </p>
    );
  return faults.map((fault) => (
    <p key={fault}>
      <Status kind="warn">Look at this</Status> {fault}
    </p>
  ));
}

function Facts({ health: { version, database, disk, queues } }: { health: Health }): ReactNode {
  const facts = {
    Version: version,
    Database: `Postgres ${database.version}, ${bytesForPeople(database.size_bytes)}`,
    Connections: `${database.connections} of ${database.connections_max}`,
    'Free disk': disk === null ? 'unknown' : `${bytesForPeople(disk.free_bytes)} of ${bytesForPeople(disk.size_bytes)}`,
    'Deliveries waiting': countForPeople(queues.deliveries),
    'Background calls': countForPeople(queues.background_calls),
  };
  return (
    <dl className={parts.facts}>
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt className={parts.muted}>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Processes({ processes }: { processes: Health['processes'] }): ReactNode {
  return (
    <Table
      caption="Processes"
      columns={[
        { key: 'host', title: 'Process on', cell: ({ hostname }) => <bdi>{hostname}</bdi> },
        { key: 'pid', title: 'Process id', end: true, cell: ({ pid }) => pid },
        { key: 'since', title: 'Running since', cell: ({ started_at: at }) => <When at={at} /> },
      ]}
      rows={processes}
      rowKey={({ id }) => id}
      empty="No process is registered."
    />
  );
}
