import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { PagedTable } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { Screen } from '../../components/screen.tsx';
import { Status } from '../../components/status.tsx';
import type { Column } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { ExperimentDialog } from './experiment-dialog.tsx';
import { type Experiment, metricLabels, states } from './experiment-words.ts';

const filters = ['draft', 'running', 'stopped', 'adopted'] as const;

/** Every experiment with its state and its verdict. */
export function ExperimentsScreen(): ReactNode {
  const { state, cursor } = useSearch({ from: '/frame/app/experiments' });
  const navigate = useNavigate({ from: '/app/experiments' });
  const may = useMay();
  const [isNew, setNew] = useState(false);
  const experiments = useRead(
    'experiments.list',
    { limit: 50, ...(state && { state }), ...(cursor && { cursor }) },
    { keep: true },
  );
  return (
    <Screen
      title="Experiments"
      note="An experiment divides your own calls between two to five arms, and says which one is better once that is certain."
      actions={
        may('experiments.create') ? (
          <Button kind="primary" onClick={() => setNew(true)}>
            New experiment
          </Button>
        ) : undefined
      }
    >
      <Card title={state === undefined ? 'All experiments' : states[state][1]}>
        <div className={styles.stack}>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form. */}
          <div className={`${styles.row} screen-only`} role="group" aria-label="Experiments to show">
            {filters.map((name) => (
              <Button
                key={name}
                small
                aria-pressed={name === state}
                onClick={() => void navigate({ search: name === state ? {} : { state: name } })}
              >
                {states[name][1]}
              </Button>
            ))}
          </div>
          <PagedTable
            stacked
            caption="Experiments"
            columns={columns}
            query={experiments}
            cursor={cursor}
            onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
            rowKey={({ id }) => id}
            empty={
              state === undefined
                ? 'No experiment yet. Compare two versions of a prompt, or two models, on the calls you already have.'
                : 'No experiment is in this state.'
            }
          />
        </div>
      </Card>
      {isNew ? <ExperimentDialog experiment={undefined} onClose={() => setNew(false)} /> : null}
    </Screen>
  );
}

const columns: readonly Column<Experiment>[] = [
  {
    key: 'name',
    title: 'Experiment',
    cell: ({ id, name }) => (
      <Link to="/app/experiments/$id" params={{ id }}>
        <bdi>{name}</bdi>
      </Link>
    ),
  },
  {
    key: 'state',
    title: 'State',
    cell: ({ state }) => {
      const [kind, words] = states[state];
      return <Status kind={kind}>{words}</Status>;
    },
  },
  {
    key: 'metric',
    title: 'Metric',
    cell: ({ metric, goal }) => `${metricLabels[metric]}, ${goal === 'up' ? 'more' : 'less'} is better`,
  },
  { key: 'arms', title: 'Arms', cell: ({ arms }) => <bdi>{arms.map(({ name }) => name).join(', ')}</bdi> },
  {
    key: 'verdict',
    title: 'Result',
    wide: true,
    cell: ({ verdict, state }) =>
      verdict === null ? state === 'running' ? 'Too early' : '–' : <bdi>{verdict.text}</bdi>,
  },
  { key: 'at', title: 'Started', cell: ({ started_at: at }) => (at === null ? '–' : <When at={at} />) },
];
