import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { CallId } from '../../components/call-id.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { ClientName } from '../../components/client-name.tsx';
import { type Range, useDays } from '../../components/ranges.ts';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { errorName } from '../../format/error-words.ts';
import { countForPeople } from '../../format/money.ts';

interface RefusedCallsProps {
  clientId: string | undefined;
  scenarioId: string | undefined;
  range: Range;
}

/** Refusals by the hour: a loop of millions is a few rows. */
export function RefusedCalls({ clientId, scenarioId, range }: RefusedCallsProps): ReactNode {
  const refusals = useRead('refusals.list', {
    ...useDays(range),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(scenarioId !== undefined && { scenario_id: scenarioId }),
    limit: 100,
  });
  const nameOf = useClientNames((refusals.data?.data ?? []).map(({ client_id: id }) => id));
  const scenarioName = useScenarioNames((refusals.data?.data ?? []).map(({ scenario_id: id }) => id));
  return (
    <Card title="Refused">
      <Loaded query={refusals}>
        {({ data }) => (
          <Table
            stacked
            caption="Refused calls by the hour"
            columns={[
              { key: 'hour', title: 'Hour', cell: ({ hour }) => <When at={hour} full /> },
              { key: 'code', title: 'Reason', cell: ({ code }) => <span title={code}>{errorName(code)}</span> },
              { key: 'count', title: 'Calls', end: true, cell: ({ count }) => countForPeople(count) },
              { key: 'client', title: 'Client', cell: ({ client_id: id }) => <ClientName id={id} nameOf={nameOf} /> },
              {
                key: 'scenario',
                title: 'Scenario',
                cell: ({ scenario_id: id }) => <ScenarioName id={id} name={id === null ? null : scenarioName(id)} />,
              },
              {
                key: 'calls',
                title: 'Latest call',
                cell: ({ request_ids: ids }) => {
                  const [id] = ids;
                  return id === undefined ? (
                    '–'
                  ) : (
                    <Link to="/app/calls" search={(before) => ({ ...before, call: id })}>
                      <CallId id={id} />
                    </Link>
                  );
                },
              },
              { key: 'message', title: 'Last message', wide: true, cell: ({ message }) => <bdi>{message ?? '–'}</bdi> },
            ]}
            rows={data}
            rowKey={(row) =>
              JSON.stringify([row.hour, row.code, row.client_id, row.scenario_id, row.key_id, row.budget_id])
            }
            empty="No call was refused in this range."
          />
        )}
      </Loaded>
    </Card>
  );
}
