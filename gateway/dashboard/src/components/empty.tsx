import type { ReactNode } from 'react';
import styles from './card.module.css';

/** In the place of rows that are not there yet: says how the first one comes about. */
export function Empty({ children }: { children: ReactNode }): ReactNode {
  return <div className={styles.empty}>{children}</div>;
}
