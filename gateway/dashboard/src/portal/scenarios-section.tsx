import type { ReactNode } from 'react';
import { Money } from '../components/money.tsx';
import { Status } from '../components/status.tsx';
import { type Column, Table } from '../components/table.tsx';
import { countForPeople } from '../format/money.ts';
import { type PortalError, readScenarios, type Scenarios } from './portal-api.ts';
import { ShownAnswer } from './shown-answer.tsx';
import { useAnswer } from './use-answer.ts';

interface ScenariosSectionProps {
  month: string;
  onOver: (error: PortalError) => void;
}

/** The scenarios of the month, the most expensive first. */
export function ScenariosSection({ month, onOver }: ScenariosSectionProps): ReactNode {
  const answer = useAnswer(`scenarios ${month}`, () => readScenarios(month), { onOver });
  return (
    <ShownAnswer answer={answer}>
      {(scenarios) => (
        <Table
          caption="Scenarios of the month"
          columns={columnsIn(scenarios.currency)}
          rows={rowsOf(scenarios)}
          rowKey={({ key }) => key}
          empty="No scenario has called in this month. A scenario is listed here from its first call."
        />
      )}
    </ShownAnswer>
  );
}

interface Row {
  key: string;
  name: string;
  state: 'running' | 'paused' | undefined;
  calls: number;
  tokens: number;
  amount: number;
}

function rowsOf({ data, others }: Scenarios): Row[] {
  const rows = data.map(({ id, state, ...figures }) => ({
    key: `scenario ${id ?? ''}`,
    name: id ?? 'Calls without a scenario',
    state: id === null ? undefined : state,
    ...figures,
  }));
  if (others === null) return rows;
  const { scenarios, ...figures } = others;
  return [
    ...rows,
    { key: 'others', name: `${countForPeople(scenarios)} more scenarios`, state: undefined, ...figures },
  ];
}

const words = { running: 'Running', paused: 'Paused' } as const;

function columnsIn(currency: string): Column<Row>[] {
  return [
    { key: 'name', title: 'Scenario', cell: ({ name }) => <bdi>{name}</bdi> },
    {
      key: 'state',
      title: 'State',
      cell: ({ state }) =>
        state === undefined ? null : <Status kind={state === 'paused' ? 'warn' : 'good'}>{words[state]}</Status>,
    },
    { key: 'calls', title: 'Calls', end: true, cell: ({ calls }) => countForPeople(calls) },
    { key: 'tokens', title: 'Tokens', end: true, cell: ({ tokens }) => countForPeople(tokens) },
    { key: 'billed', title: 'Billed', end: true, cell: ({ amount }) => <Money amount={amount} currency={currency} /> },
  ];
}
