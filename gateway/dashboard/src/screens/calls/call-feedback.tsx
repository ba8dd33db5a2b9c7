import type { OutputOf } from '@ai-gateway/shared/contract';
import { type ReactNode, useRef, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { useNow, When } from '../../components/when.tsx';
import { FeedbackForm } from './feedback-form.tsx';
import { isOpenForFeedback } from './feedback-time.ts';
import { Score } from './score.tsx';

type Detail = OutputOf<'usage.request'>;
type Opinion = Detail['feedback'][number];

/** Opinions of the answer, and a form for one more. A call without an answer takes none. */
export function CallFeedback({ call }: { call: Detail }): ReactNode {
  const may = useMay();
  const now = useNow();
  const [changed, setChanged] = useState<Opinion | undefined>();
  const opener = useRef<HTMLButtonElement>(null);
  if (call.status === 'refused' || call.status === 'open') return null;
  const { feedback } = call;
  const isOpen = isOpenForFeedback(call.created_at, now);
  const maySend = may('feedback.create') && isOpen;
  if (feedback.length === 0 && !may('feedback.create')) return null;
  return (
    <>
      <h3>Feedback</h3>
      {feedback.length === 0 ? null : (
        <Table
          stacked
          caption="Feedback on this call"
          columns={[
            { key: 'score', title: 'Score', cell: ({ score }) => <Score score={score} /> },
            { key: 'name', title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
            { key: 'by', title: 'By', cell: ({ by }) => <bdi>{by === null ? '–' : (by.name ?? by.id)}</bdi> },
            { key: 'at', title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
            { key: 'comment', title: 'Comment', wide: true, cell: ({ comment }) => <bdi>{comment ?? '–'}</bdi> },
            ...(maySend
              ? [
                  {
                    key: 'do',
                    title: '',
                    cell: (opinion: Opinion) => (
                      <Button
                        small
                        aria-label={`Change feedback ${opinion.name}`}
                        onClick={({ currentTarget }) => {
                          opener.current = currentTarget;
                          setChanged(opinion);
                        }}
                      >
                        Change
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
          rows={feedback}
          rowKey={({ name }) => name}
          empty=""
        />
      )}
      {maySend ? (
        <FeedbackForm
          key={changed?.name ?? ''}
          call={call}
          changed={changed}
          onDone={() => {
            // The button that had the focus goes with the form.
            opener.current?.focus();
            opener.current = null;
            setChanged(undefined);
          }}
        />
      ) : null}
      {may('feedback.create') && !isOpen ? (
        <p className={styles.muted}>Feedback is taken for 30 days after a call.</p>
      ) : null}
    </>
  );
}
