import type { OutputOf } from '@ai-gateway/shared/contract';
import { scenarioText } from '@ai-gateway/shared/scenario-text';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useMode } from '../../api/mode.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { CallId } from '../../components/call-id.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { ClientName } from '../../components/client-name.tsx';
import { DownloadButton } from '../../components/download-button.tsx';
import { useHeldRows } from '../../components/held-rows.ts';
import { Money } from '../../components/money.tsx';
import { NoCalls } from '../../components/no-calls.tsx';
import { Pages } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Screen } from '../../components/screen.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople, durationForPeople } from '../../format/money.ts';
import { nameForPeople } from '../../format/names.ts';
import { CallDialog } from './call-dialog.tsx';
import { CallStatus } from './call-status.tsx';
import { RefusedCalls } from './refused-calls.tsx';
import { ScoredCalls } from './scored-calls.tsx';
import { type View, views } from './views.ts';

type Call = OutputOf<'usage.requests'>['data'][number];

const titles: Readonly<Record<View, string>> = {
  all: 'All',
  failed: 'Failed',
  refused: 'Refused',
  failed_over: 'Failed over',
  scored: 'With feedback',
};

const pageSize = 50;

/** Single calls, the newest first. The filters are in the URL, so that it can be sent to a colleague. */
export function CallsScreen(): ReactNode {
  const search = useSearch({ from: '/frame/app/calls' });
  const { view = 'all', range = 'today', call, cursor, ...filters } = search;
  const may = useMay();
  const shown = views.filter((name) => name !== 'scored' || may('feedback.list'));
  const navigate = useNavigate({ from: '/app/calls' });
  const show = (change: Partial<typeof search>): void =>
    void navigate({ search: ({ cursor: _c, ...before }) => ({ ...before, ...change }) });
  const { client_id: clientId, scenario_id: scenarioId, model, provider } = filters;
  const nameOf = useClientNames(clientId === undefined ? [] : [clientId]);
  const scenarioName = useScenarioNames(scenarioId === undefined ? [] : [scenarioId]);
  const narrowed = [
    clientId === undefined ? undefined : nameOf(clientId),
    scenarioId === undefined ? undefined : scenarioText({ id: scenarioId, name: scenarioName(scenarioId) }),
    // Refusals and feedback are narrowed by client and scenario alone.
    ...(view === 'refused' || view === 'scored'
      ? []
      : [model, provider === undefined ? undefined : nameForPeople(provider)]),
  ].filter((one) => one !== undefined);
  return (
    <Screen
      title="Calls"
      note={`${titles[view]}, ${ranges[range].toLowerCase()}`}
      actions={<ViewsMenu screen="calls" />}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form. */}
      <div className={`${styles.row} screen-only`} role="group" aria-label="Calls to show">
        {shown.map((name) => (
          <Button key={name} small aria-pressed={name === view} onClick={() => show({ view: name })}>
            {titles[name]}
          </Button>
        ))}
      </div>
      <RangeButtons chosen={range} onChoose={(name) => show({ range: name })} />
      {narrowed.length === 0 ? null : (
        <p>
          Only <bdi>{narrowed.join(', ')}</bdi>.{' '}
          <Link to="/app/calls" search={{ view, range }} activeOptions={{ exact: true }}>
            Show all
          </Link>
        </p>
      )}
      {view === 'refused' ? <RefusedCalls clientId={clientId} scenarioId={scenarioId} range={range} /> : null}
      {view === 'scored' ? <ScoredCalls /> : null}
      {view === 'refused' || view === 'scored' ? null : <CallTable />}
      {call === undefined ? null : (
        <CallDialog id={call} onClose={() => void navigate({ search: ({ call: _call, ...rest }) => rest })} />
      )}
    </Screen>
  );
}

function CallTable(): ReactNode {
  const {
    view = 'all',
    range = 'today',
    call: _call,
    rating: _rating,
    cursor,
    ...filters
  } = useSearch({ from: '/frame/app/calls' });
  const navigate = useNavigate({ from: '/app/calls' });
  const mode = useMode();
  const input = {
    ...useDays(range),
    ...filters,
    ...(view === 'failed' ? { status: 'failed' as const } : {}),
    ...(view === 'failed_over' ? { failed_over: true } : {}),
  };
  const calls = useRead('usage.requests', { ...input, limit: pageSize, ...(cursor && { cursor }) }, { keep: true });
  const query = new URLSearchParams({ format: 'csv' });
  for (const [name, value] of Object.entries(input)) if (value !== undefined) query.set(name, String(value));
  // Newer calls come to the first page only; rows of the filter before stay nobody's list.
  const list = cursor === undefined && !calls.isPlaceholderData ? JSON.stringify([mode, input]) : undefined;
  const isNarrowed = cursor !== undefined || Object.values(filters).some((value) => value !== undefined);
  const ofView = view === 'failed' || view === 'failed_over' ? emptyViews[view] : <NoCalls />;
  const empty = isNarrowed ? 'No such call in this range.' : ofView;
  return (
    <Card
      title={titles[view]}
      actions={<DownloadButton label="Export" href={`/v1/usage/requests?${query}`} name={`calls-${input.from}.csv`} />}
    >
      <Loaded query={calls}>
        {({ data, next_cursor: next }) => (
          <>
            <CallRows list={list} calls={data} empty={empty} />
            <Pages
              next={next}
              cursor={cursor}
              onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}

const emptyViews = { failed: 'No failed call in this range.', failed_over: 'Nothing failed over in this range.' };

interface CallRowsProps {
  list: string | undefined;
  calls: readonly Call[];
  /** Said where there are none. */
  empty: ReactNode;
}

function CallRows({ list, calls, empty }: CallRowsProps): ReactNode {
  const { rows, newer, show } = useHeldRows(list, calls);
  const nameOf = useClientNames(rows.map(({ client_id: id }) => id));
  const scenarioName = useScenarioNames(rows.map(({ scenario_id: id }) => id));
  return (
    <>
      {newer === 0 ? null : (
        <p role="status">
          <Button small onClick={show}>
            {newer === 1 ? '1 newer call' : `${newer}${newer < pageSize ? '' : ' or more'} newer calls`}, show
          </Button>
        </p>
      )}
      <Table
        caption="Calls"
        columns={columnsOf(nameOf, scenarioName)}
        rows={rows}
        rowKey={({ id }) => id}
        empty={empty}
        stacked
      />
    </>
  );
}

const columnsOf = (
  nameOf: (id: string) => string,
  scenarioName: (id: string) => string | null | undefined,
): readonly Column<Call>[] => [
  { key: 'at', title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
  {
    key: 'id',
    title: 'Call',
    cell: ({ id }) => (
      <Link to="/app/calls" search={(before) => ({ ...before, call: id })}>
        <CallId id={id} />
      </Link>
    ),
  },
  { key: 'status', title: 'Status', cell: (call) => <CallStatus call={call} /> },
  { key: 'client', title: 'Client', cell: ({ client_id: id }) => <ClientName id={id} nameOf={nameOf} /> },
  {
    key: 'scenario',
    title: 'Scenario',
    cell: ({ scenario_id: id }) => <ScenarioName id={id} name={id === null ? null : scenarioName(id)} />,
  },
  {
    key: 'model',
    title: 'Model',
    cell: ({ model, model_requested: asked }) => <bdi className={styles.unbroken}>{model ?? asked}</bdi>,
  },
  {
    key: 'tokens',
    title: 'Tokens',
    end: true,
    cell: (call) => countForPeople(call.input_tokens + call.output_tokens),
  },
  {
    key: 'cost',
    title: 'Cost',
    end: true,
    main: true,
    amount: ({ cost_usd: cost }) => cost,
    cell: ({ cost_usd: cost, estimated }) => <Money amount={cost} estimated={estimated} />,
  },
  {
    key: 'time',
    title: 'Time',
    end: true,
    cell: ({ total_ms: ms }) => (ms === null ? '–' : durationForPeople(ms)),
  },
];
