import type { DiffLine } from '@ai-gateway/shared/diff-lines';
import type { ReactNode } from 'react';
import styles from './diff-view.module.css';
import { aroundChanges } from './shown-diff.ts';

const signs = { same: '', added: '+', removed: '−' } as const;
const words = { same: '', added: 'Added: ', removed: 'Removed: ' } as const;

/** Two texts line by line: each line has its sign beside its colour. */
export function DiffView({ label, lines }: { label: string; lines: readonly DiffLine[] }): ReactNode {
  if (lines.every(({ kind }) => kind === 'same')) return <p>There is no difference.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard.
    <section className={styles.diff} aria-label={label} tabIndex={0}>
      {aroundChanges(lines).map((line, at) =>
        line.kind === 'skipped' ? (
          <div key={at} className={styles.skipped}>
            {line.count === 1 ? '1 equal line' : `${line.count} equal lines`}
          </div>
        ) : (
          <div key={at} className={`${styles.line} ${styles[line.kind]}`}>
            <span className={styles.sign} aria-hidden="true">
              {signs[line.kind]}
            </span>
            <code dir="auto">
              <span className="visually-hidden">{words[line.kind]}</span>
              {line.text}
            </code>
          </div>
        ),
      )}
    </section>
  );
}
