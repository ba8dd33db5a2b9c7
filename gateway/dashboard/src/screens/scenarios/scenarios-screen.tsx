import type { OutputOf } from '@ai-gateway/shared/contract';
import { scenarioText } from '@ai-gateway/shared/scenario-text';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, messageOf } from '../../components/card.tsx';
import { ConnectLink } from '../../components/connect-link.tsx';
import { Money } from '../../components/money.tsx';
import { PagedTable } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Screen } from '../../components/screen.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Status } from '../../components/status.tsx';
import { useToast } from '../../components/toast.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { When } from '../../components/when.tsx';
import { nameForPeople } from '../../format/names.ts';
import { useFormDialog } from '../../frame/overlay.tsx';

type Scenario = OutputOf<'scenarios.list'>['data'][number];

/** Every scenario that has called, and why one is paused. */
export function ScenariosScreen(): ReactNode {
  const { state, search, cursor } = useSearch({ from: '/frame/app/scenarios' });
  const navigate = useNavigate({ from: '/app/scenarios' });
  const scenarios = useRead(
    'scenarios.list',
    { limit: 50, ...(state && { state }), ...(search && { search }), ...(cursor && { cursor }) },
    { keep: true },
  );
  return (
    <Screen
      title="Scenarios"
      note="A scenario appears with its first call. The loop breaker pauses one that repeats itself."
      actions={<ViewsMenu screen="scenarios" />}
    >
      <Card
        title={state === 'paused' ? 'Paused scenarios' : 'All scenarios'}
        actions={
          <Button
            small
            aria-pressed={state === 'paused'}
            onClick={() => void navigate({ search: state === 'paused' ? {} : { state: 'paused' } })}
          >
            Only paused
          </Button>
        }
      >
        <SearchField
          value={search ?? ''}
          onSearch={(text) =>
            void navigate({
              search: ({ cursor: _c, search: _s, ...rest }) => (text === '' ? rest : { ...rest, search: text }),
              replace: true,
            })
          }
        />
        <PagedTable
          stacked
          caption="Scenarios"
          columns={[
            {
              key: 'id',
              title: 'Scenario',
              cell: ({ id, name }) => (
                <Link to="/app/calls" search={{ scenario_id: id, range: 'week' }}>
                  <ScenarioName id={id} name={name} />
                </Link>
              ),
            },
            { key: 'clients', title: 'Clients', cell: (scenario) => <Clients scenario={scenario} /> },
            {
              key: 'platform',
              title: 'Platform',
              cell: ({ platform }) => <bdi>{platform === null ? '–' : nameForPeople(platform)}</bdi>,
            },
            { key: 'state', title: 'State', cell: (scenario) => <State scenario={scenario} /> },
            {
              key: 'today',
              title: 'Today',
              end: true,
              amount: ({ spent_today_usd: spent }) => spent,
              cell: ({ spent_today_usd: spent }) => <Money amount={spent} />,
            },
            {
              key: 'month',
              title: 'This month',
              end: true,
              main: true,
              amount: ({ spent_period_usd: spent }) => spent,
              cell: ({ spent_period_usd: spent }) => <Money amount={spent} />,
            },
            {
              key: 'last',
              title: 'Last call',
              spare: true,
              cell: ({ last_call_at: at }) => (at === null ? '–' : <When at={at} />),
            },
            { key: 'do', title: '', cell: (scenario) => <ScenarioActions scenario={scenario} /> },
          ]}
          query={scenarios}
          cursor={cursor}
          onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
          rowKey={({ id, platform }) => `${platform} ${id}`}
          empty={<NoScenario isFiltered={search !== undefined} isPaused={state === 'paused'} />}
        />
      </Card>
    </Screen>
  );
}

function NoScenario({ isFiltered, isPaused }: { isFiltered: boolean; isPaused: boolean }): ReactNode {
  if (isFiltered) return 'No scenario has such a name or id.';
  if (isPaused) return 'No scenario is paused.';
  return (
    <>
      No scenario yet. Make, Zapier and n8n name theirs; your own program sends the header x-scenario-id.{' '}
      <ConnectLink>Connect one</ConnectLink>.
    </>
  );
}

/** The busiest clients of its calls, each of which leads to its own screen. */
function Clients({ scenario: { clients, client_count: count } }: { scenario: Scenario }): ReactNode {
  if (clients.length === 0) return '–';
  return (
    <>
      {clients.map(({ client_id: id, name }, at) => (
        <span key={id}>
          {at === 0 ? '' : ', '}
          <Link to="/app/clients/$id" params={{ id }}>
            <bdi>{name}</bdi>
          </Link>
        </span>
      ))}
      {count > clients.length ? ` and ${count - clients.length} more` : ''}
    </>
  );
}

function State({ scenario: { state, reason, by, since } }: { scenario: Scenario }): ReactNode {
  if (state !== 'paused') return <Status kind="good">Running</Status>;
  return (
    <>
      <Status kind="bad">Paused</Status> {since === null ? null : <When at={since} />}
      {reason === null ? null : <p dir="auto">{reason}</p>}
      {by === null ? null : (
        <p className={styles.muted}>
          By <bdi>{by === 'loop_breaker' ? 'the loop breaker' : by}</bdi>
        </p>
      )}
    </>
  );
}

function namingDone(id: string, { name }: Scenario): string {
  return name === null ? `The name of scenario ${id} is removed` : `Scenario ${id} is named ${name}`;
}

function ScenarioActions({ scenario }: { scenario: Scenario }): ReactNode {
  const { id, name, state } = scenario;
  const text = scenarioText(scenario);
  const may = useMay();
  const openForm = useFormDialog();
  const toast = useToast();
  const resume = useChange('scenarios.resume');
  const pause = useChange('scenarios.pause');
  const start = async (): Promise<void> => {
    try {
      await resume.mutateAsync({ id });
      toast({ text: `Scenario ${text} is running`, undo: () => pause.mutateAsync({ id }) });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <span className={`${styles.row} screen-only`}>
      {state === 'paused' && may('scenarios.resume') ? (
        <Button small disabled={resume.isPending} aria-label={`Resume scenario ${text}`} onClick={() => void start()}>
          Resume
        </Button>
      ) : null}
      {state !== 'paused' && may('scenarios.pause') ? (
        <Button
          small
          aria-label={`Pause scenario ${text}`}
          onClick={() =>
            openForm({
              operation: 'scenarios.pause',
              title: `Pause scenario ${text}`,
              fixed: { id },
              submit: 'Pause',
              done: `Scenario ${text} is paused`,
            })
          }
        >
          Pause
        </Button>
      ) : null}
      {may('scenarios.name.set') ? (
        <Button
          small
          aria-label={`${name === null ? 'Name' : 'Rename'} scenario ${text}`}
          onClick={() =>
            openForm({
              operation: 'scenarios.name.set',
              title: name === null ? `Name scenario ${id}` : `Rename scenario ${text}`,
              fixed: { id },
              initial: { name },
              submit: 'Save',
              help: { name: 'Shown beside the id. An empty field removes it.' },
              done: (answer) => namingDone(id, answer as Scenario),
            })
          }
        >
          {name === null ? 'Name' : 'Rename'}
        </Button>
      ) : null}
      {may('scenarios.limits.set') ? (
        <Button
          small
          aria-label={`Limits of scenario ${text}`}
          onClick={() =>
            openForm({
              operation: 'scenarios.limits.set',
              title: `Limits of scenario ${text}`,
              fixed: { id },
              submit: 'Save',
            })
          }
        >
          Limits
        </Button>
      ) : null}
    </span>
  );
}
