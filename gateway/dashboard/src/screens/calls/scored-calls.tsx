import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { Button } from '../../components/button.tsx';
import { CallId } from '../../components/call-id.tsx';
import { Card } from '../../components/card.tsx';
import { ClientName } from '../../components/client-name.tsx';
import { PagedTable } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { useDays } from '../../components/ranges.ts';
import { ScenarioName } from '../../components/scenario-name.tsx';
import type { Column } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { Score } from './score.tsx';

type Scored = OutputOf<'feedback.list'>['data'][number];

const ratings = [
  [undefined, 'Any'],
  ['up', '50 % or more'],
  ['down', 'Below 50 %'],
] as const;

/** The calls of the range that somebody has scored, with what they said. */
export function ScoredCalls(): ReactNode {
  const search = useSearch({ from: '/frame/app/calls' });
  const { range = 'today', rating, cursor, client_id: clientId, scenario_id: scenarioId } = search;
  const navigate = useNavigate({ from: '/app/calls' });
  const feedback = useRead(
    'feedback.list',
    {
      ...useDays(range),
      ...(rating !== undefined && { rating }),
      ...(clientId !== undefined && { client_id: clientId }),
      ...(scenarioId !== undefined && { scenario_id: scenarioId }),
      ...(cursor !== undefined && { cursor }),
      limit: 50,
    },
    { keep: true },
  );
  const rows = feedback.data?.data ?? [];
  const nameOf = useClientNames(rows.map(({ client_id: id }) => id));
  const scenarioName = useScenarioNames(rows.map(({ scenario_id: id }) => id));
  return (
    <Card
      title="With feedback"
      actions={
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form.
        <div className={`${styles.row} screen-only`} role="group" aria-label="Feedback to show">
          {ratings.map(([value, title]) => (
            <Button
              key={title}
              small
              aria-pressed={value === rating}
              onClick={() =>
                void navigate({ search: ({ cursor: _cursor, ...before }) => ({ ...before, rating: value }) })
              }
            >
              {title}
            </Button>
          ))}
        </div>
      }
    >
      <PagedTable
        stacked
        caption="Calls with feedback"
        columns={columnsOf(nameOf, scenarioName)}
        query={feedback}
        cursor={cursor}
        onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
        rowKey={({ request_id: id, name }) => `${id} ${name}`}
        empty={
          rating === undefined
            ? 'No feedback in this range. Open a call to give a thumb and a comment, or send feedback from your scenario.'
            : 'No such feedback in this range.'
        }
      />
    </Card>
  );
}

const columnsOf = (
  nameOf: (id: string) => string,
  scenarioName: (id: string) => string | null | undefined,
): readonly Column<Scored>[] => [
  { key: 'score', title: 'Score', cell: ({ score }) => <Score score={score} /> },
  {
    key: 'id',
    title: 'Call',
    cell: ({ request_id: id }) => (
      <Link to="/app/calls" search={(before) => ({ ...before, call: id })}>
        <CallId id={id} />
      </Link>
    ),
  },
  { key: 'comment', title: 'Comment', wide: true, cell: ({ comment }) => <bdi>{comment ?? '–'}</bdi> },
  { key: 'name', title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
  { key: 'by', title: 'By', cell: ({ by }) => <bdi>{by === null ? '–' : (by.name ?? by.id)}</bdi> },
  { key: 'at', title: 'When', main: true, cell: ({ created_at: at }) => <When at={at} /> },
  { key: 'client', title: 'Client', cell: ({ client_id: id }) => <ClientName id={id} nameOf={nameOf} /> },
  {
    key: 'scenario',
    title: 'Scenario',
    cell: ({ scenario_id: id }) => <ScenarioName id={id} name={id === null ? null : scenarioName(id)} />,
  },
  { key: 'model', title: 'Model', cell: ({ model }) => <bdi className={styles.unbroken}>{model ?? '–'}</bdi> },
];
