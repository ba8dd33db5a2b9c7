import { type ReactNode, useEffect, useRef } from 'react';
import { GoLink } from './go-link.tsx';
import styles from './parts.module.css';

interface PartLinksProps {
  label: string;
  parts: readonly { name: string; href: string; isChosen: boolean }[];
}

/** Parts of a screen, each with an address of its own. The router takes a link for current by its path alone, so the screen says which one is. */
export function PartLinks({ label, parts }: PartLinksProps): ReactNode {
  const strip = useRef<HTMLElement>(null);
  const chosen = parts.find(({ isChosen }) => isChosen)?.name;
  // On a phone the parts are a strip that scrolls. A link may lead to one that is behind its edge.
  useEffect(() => {
    const link = strip.current?.querySelector('[aria-current="page"]');
    if (strip.current !== null && link != null)
      strip.current.scrollBy({ left: middleOf(link) - middleOf(strip.current) });
  }, [chosen]);
  return (
    <nav ref={strip} className={`${styles.tabs} screen-only`} aria-label={label}>
      {parts.map(({ name, href, isChosen }) => (
        <GoLink key={name} href={href} className={styles.tab} aria-current={isChosen ? 'page' : undefined}>
          {name}
        </GoLink>
      ))}
    </nav>
  );
}

function middleOf(element: Element): number {
  const { left, width } = element.getBoundingClientRect();
  return left + width / 2;
}
