import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './parts.module.css';

interface PagesProps {
  next: string | null;
  onNext: (cursor: string) => void;
  /** Undefined on the first page. */
  onFirst: (() => void) | undefined;
}

/** Under a table that has more rows than one page. */
export function Pages({ next, onNext, onFirst }: PagesProps): ReactNode {
  if (next === null && onFirst === undefined) return null;
  return (
    <div className={`${styles.row} screen-only`}>
      {onFirst === undefined ? null : <Button onClick={onFirst}>First page</Button>}
      {next === null ? null : <Button onClick={() => onNext(next)}>Next page</Button>}
    </div>
  );
}
