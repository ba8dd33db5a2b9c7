import type { ReactNode } from 'react';
import { GoLink } from './go-link.tsx';
import styles from './parts.module.css';

interface PartLinksProps {
  label: string;
  parts: readonly { name: string; href: string; isChosen: boolean }[];
}

/** Parts of a screen, each with an address of its own. The router takes a link for current by its path alone, so the screen says which one is. */
export function PartLinks({ label, parts }: PartLinksProps): ReactNode {
  return (
    <nav className={`${styles.tabs} screen-only`} aria-label={label}>
      {parts.map(({ name, href, isChosen }) => (
        <GoLink key={name} href={href} className={styles.tab} aria-current={isChosen ? 'page' : undefined}>
          {name}
        </GoLink>
      ))}
    </nav>
  );
}
