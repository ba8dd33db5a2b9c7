import { type ReactNode, useState } from 'react';
import styles from './form.module.css';

interface MoreFieldsProps {
  summary: string;
  /** It opens by itself then. */
  isUsed: boolean;
  children: ReactNode;
}

/** Fields that are one step away. Only the person closes them: fields never go from under the fingers of a typist. */
export function MoreFields({ summary, isUsed, children }: MoreFieldsProps): ReactNode {
  const [isOpen, setOpen] = useState(isUsed);
  return (
    <details className={styles.more} open={isOpen || isUsed} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      <div>{children}</div>
    </details>
  );
}
