import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import styles from '../../components/parts.module.css';

const tabs = { Cost: '/app/usage', Tokens: '/app/usage/tokens', Speed: '/app/usage/speed' } as const;

export type UsageTab = keyof typeof tabs;
const names = Object.keys(tabs) as UsageTab[];

export function UsageTabs({ chosen }: { chosen: UsageTab }): ReactNode {
  return (
    <nav className={`${styles.tabs} screen-only`} aria-label="Usage">
      {names.map((name) => (
        <Link key={name} to={tabs[name]} className={styles.tab} aria-current={chosen === name ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
