import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Table } from '../../components/table.tsx';
import { countForPeople } from '../../format/money.ts';

interface GroupNameProps {
  id: string;
  group: 'scenario' | 'model';
  value: string | null;
  /** Of a scenario, where it has one. */
  name: string | null;
}

/** Leads to the calls that the row adds up. */
function GroupName({ id, group, value, name }: GroupNameProps): ReactNode {
  if (value === null) return group === 'scenario' ? 'No scenario' : 'No model';
  const filters = new URLSearchParams({
    client_id: id,
    range: 'month',
    [group === 'scenario' ? 'scenario_id' : 'model']: value,
  });
  return (
    <GoLink href={`/app/calls?${filters}`}>
      <ScenarioName id={value} name={name === value ? null : name} />
    </GoLink>
  );
}

/** This month's usage of a client, by scenario or by model. */
export function ClientUsage({ id, group }: { id: string; group: 'scenario' | 'model' }): ReactNode {
  const usage = useRead('usage.clients', { client_id: id, group_by: group, limit: 100 });
  const title = group === 'scenario' ? 'Scenario' : 'Model';
  return (
    <Card title={`This month by ${group}`}>
      <Loaded query={usage}>
        {({ data }) => (
          <Table
            caption={`Usage by ${group}`}
            columns={[
              {
                key: 'name',
                title,
                cell: (row) => (
                  <GroupName
                    id={id}
                    group={group}
                    value={group === 'scenario' ? row.scenario_id : row.model}
                    name={group === 'scenario' ? row.name : null}
                  />
                ),
              },
              { key: 'calls', title: 'Calls', end: true, cell: (row) => countForPeople(row.requests) },
              {
                key: 'tokens',
                title: 'Tokens',
                end: true,
                cell: (row) => countForPeople(row.input_tokens + row.output_tokens),
              },
              {
                key: 'cost',
                title: 'Cost',
                end: true,
                amount: (row) => row.cost_usd,
                cell: (row) => <Money amount={row.cost_usd} />,
              },
              {
                key: 'billed',
                title: 'Billed',
                end: true,
                amount: (row) => row.billable_usd,
                cell: (row) => <Money amount={row.billable_usd} />,
              },
            ]}
            rows={data}
            rowKey={(row) => String(group === 'scenario' ? `${row.scenario_platform}/${row.scenario_id}` : row.model)}
            empty="This client has not called this month."
          />
        )}
      </Loaded>
    </Card>
  );
}
