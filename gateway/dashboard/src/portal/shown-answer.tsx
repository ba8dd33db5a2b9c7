import type { ReactNode } from 'react';
import { Button } from '../components/button.tsx';
import styles from './portal.module.css';
import type { Answer } from './use-answer.ts';

/** An answer once it is there. Each part of the page loads and fails alone, and what was there stays while another try fails. */
export function ShownAnswer<Data>({
  answer,
  children,
}: {
  answer: Answer<Data>;
  children: (data: Data) => ReactNode;
}): ReactNode {
  const { data, error, retry } = answer;
  return (
    <>
      {error === undefined ? null : (
        <div role="alert" className={styles.failed}>
          <p>{error.message}</p>
          <Button small onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      {data !== undefined ? children(data) : error === undefined ? <p role="status">Loading</p> : null}
    </>
  );
}
