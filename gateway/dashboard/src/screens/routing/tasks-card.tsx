import type { OutputOf } from '@ai-gateway/shared/contract';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Card, Loaded } from '../../components/card.tsx';
import styles from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople } from '../../format/money.ts';

type Tasks = OutputOf<'auto.tasks'>;
type Task = Tasks['data'][number];

const states = {
  measuring: ['plain', 'Measuring'],
  cleared: ['good', 'Cleared'],
  withdrawn: ['warn', 'Withdrawn'],
  refuted: ['bad', 'Refuted'],
} as const;

/** The evidence of each task, and the model that it goes to now. */
export function TasksCard({ tasks, isLearning }: { tasks: UseQueryResult<Tasks>; isLearning: boolean }): ReactNode {
  return (
    <Card title="Evidence by task">
      <Loaded query={tasks}>
        {({ data }) => (
          <>
            <Table
              stacked
              caption="Evidence by task"
              columns={columns}
              rows={data}
              rowKey={({ task, small_model: small, strong_model: strong }) => `${task} ${small} ${strong}`}
              empty={
                isLearning
                  ? 'No pair yet. Calls to auto whose answer is JSON, a tool call or short are compared.'
                  : 'No pair yet. Switch on learning above, and calls to auto are compared.'
              }
            />
            {data.length === 0 ? null : (
              <p className={styles.muted}>
                A task is a prompt, or calls with the same instructions, tools and schema. At least: the share that its
                pairs prove. Cleared: that is the share that the dial needs. Withdrawn: they did, and the newest took it
                back. Refuted: the share is lower. Judged: a model read most of the pairs, and the share is that of
                answers that it found as good. Agreement is not correctness: both models may be wrong alike.
              </p>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

const columns: readonly Column<Task>[] = [
  { key: 'task', title: 'Task', cell: (task) => <TaskName task={task} /> },
  {
    key: 'compared',
    title: 'Compared',
    wide: true,
    cell: ({ small_model: small, strong_model: strong }) => (
      <>
        <bdi>{small}</bdi> with <bdi>{strong}</bdi>
      </>
    ),
  },
  { key: 'pairs', title: 'Pairs', end: true, cell: ({ pairs }) => countForPeople(pairs) },
  {
    key: 'agreement',
    title: 'Agreement',
    end: true,
    cell: ({ agreement, judged }) => (judged ? `${percentOf(agreement)}, judged` : percentOf(agreement)),
  },
  { key: 'lower', title: 'At least', end: true, cell: ({ lower }) => (lower === 0 ? '–' : percentOf(lower)) },
  { key: 'needed', title: 'Needed', end: true, cell: ({ needed }) => `${Math.round(needed * 100)} %` },
  {
    key: 'state',
    title: 'State',
    cell: ({ state }) => {
      const [kind, words] = states[state];
      return <Status kind={kind}>{words}</Status>;
    },
  },
  {
    key: 'model',
    title: 'Model now',
    wide: true,
    cell: ({ model, because }) => (
      <>
        <bdi>{model}</bdi>
        <br />
        <span className={styles.muted}>{because}</span>
      </>
    ),
  },
  { key: 'at', title: 'Newest pair', cell: ({ updated_at: at }) => <When at={at} /> },
];

function TaskName({ task: { task, topic, prompt_id: prompt } }: { task: Task }): ReactNode {
  return (
    <>
      {prompt === null ? (
        <span>{topic}</span>
      ) : (
        <Link to="/app/prompts/$id" params={{ id: prompt }}>
          <bdi>{prompt}</bdi>
        </Link>
      )}
      <br />
      <code className={styles.muted}>{task.slice(0, 8)}</code>
    </>
  );
}

function percentOf(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}
