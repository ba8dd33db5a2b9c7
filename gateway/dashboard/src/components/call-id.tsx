import type { ReactNode } from 'react';
import styles from './parts.module.css';

/** The id of a call, of which the end is seen: ids begin with their time, and those of one minute differ there. */
export function CallId({ id }: { id: string }): ReactNode {
  return (
    <span className={styles.id} title={id}>
      <bdi dir="ltr">{id}</bdi>
    </span>
  );
}
