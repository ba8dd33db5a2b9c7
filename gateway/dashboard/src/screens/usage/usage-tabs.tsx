import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from '../../components/parts.module.css';

export function UsageTabs({ chosen }: { chosen: 'Cost' | 'Speed' }): ReactNode {
  return (
    <nav className={`${styles.tabs} screen-only`} aria-label="Usage">
      <Link to="/app/usage" className={styles.tab} aria-current={chosen === 'Cost' ? 'page' : undefined}>
        Cost
      </Link>
      <Link to="/app/usage/speed" className={styles.tab} aria-current={chosen === 'Speed' ? 'page' : undefined}>
        Speed
      </Link>
    </nav>
  );
}
