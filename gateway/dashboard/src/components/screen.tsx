import { type ReactNode, useEffect } from 'react';
import styles from './screen.module.css';

interface ScreenProps {
  /** The heading, and the title of the page. */
  title: string;
  /** Under the heading: the range, the zone. */
  note?: ReactNode;
  /** Buttons on the right of the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The beginning of every screen: heading, note, actions. */
export function Screen({ title, note, actions, children }: ScreenProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · AI Gateway`;
  }, [title]);
  return (
    <div className={styles.screen}>
      <div className={styles.head}>
        <div>
          <h1 dir="auto">{title}</h1>
          {note === undefined ? null : <p className={styles.note}>{note}</p>}
        </div>
        {actions === undefined ? null : <div className={`${styles.actions} screen-only`}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
