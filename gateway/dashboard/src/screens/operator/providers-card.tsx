import type { ReactNode } from 'react';
import { Card, Loaded } from '../../components/card.tsx';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { uptimeForPeople } from '../../format/money.ts';
import { type GatewayStatus, useStatus } from './use-status.ts';

type Component = GatewayStatus['components'][number];

const states = { ok: ['good', 'Working'], degraded: ['warn', 'Partly failing'], down: ['bad', 'Failing'] } as const;

/** The accounts of the gateway itself, and the gateway's own parts, as the status page shows them. */
export function ProvidersCard(): ReactNode {
  const status = useStatus();
  return (
    <Card title="Providers and parts" actions={<a href="/status">Status page</a>}>
      <Loaded query={status}>
        {({ components }) => (
          <Table
            caption="Providers and parts"
            columns={[
              { key: 'name', title: 'Part', cell: ({ name }: Component) => <bdi>{name}</bdi> },
              {
                key: 'group',
                title: 'Kind',
                cell: ({ group }: Component) => (group === 'providers' ? 'Provider' : 'Gateway'),
              },
              {
                key: 'state',
                title: 'State',
                cell: ({ status: own }: Component) => {
                  const [kind, text] = states[own];
                  return <Status kind={kind}>{text}</Status>;
                },
              },
              {
                key: 'uptime',
                title: 'Up, 90 days',
                end: true,
                cell: ({ uptime_percent: percent }: Component) => (percent === null ? '–' : uptimeForPeople(percent)),
              },
            ]}
            rows={[...components].sort((a, b) => b.group.localeCompare(a.group))}
            rowKey={({ id }) => id}
            empty="The gateway has no provider account of its own: workspaces use theirs."
          />
        )}
      </Loaded>
    </Card>
  );
}
