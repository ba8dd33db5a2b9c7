import type { ReactNode } from 'react';
import styles from './status.module.css';

const shapes = { good: '●', warn: '▲', bad: '■', plain: '○' } as const;

/** A word with its shape and its colour: never the colour alone. */
export function Status({ kind, children }: { kind: keyof typeof shapes; children: ReactNode }): ReactNode {
  return (
    <span className={`${styles.status} ${styles[kind]}`}>
      <span aria-hidden="true">{shapes[kind]}</span>
      {children}
    </span>
  );
}
