import type { ReactNode } from 'react';
import styles from './parts.module.css';

/** Ids of calls begin with their time: those of one minute differ at the end. */
const shown = 8;

/** The end of the id of a call, in full as its title. The link around it has the whole id as its name. */
export function CallId({ id }: { id: string }): ReactNode {
  return (
    <span className={styles.id} title={id}>
      …{id.slice(-shown)}
    </span>
  );
}
