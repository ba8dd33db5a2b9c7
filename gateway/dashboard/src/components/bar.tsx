import type { ReactNode } from 'react';
import styles from './bar.module.css';

interface BarProps {
  label: string;
  /** Shares of the whole, 0 to 1. */
  used: number;
  held?: number;
  status?: 'ok' | 'warning' | 'exceeded';
  /** Said in the place of a percentage. */
  text: string;
}

/** How much of something is used. The text beside it says the same: a bar alone tells too little. */
export function Bar({ label, used, held = 0, status = 'ok', text }: BarProps): ReactNode {
  const width = Math.min(1, Math.max(0, used)) * 100;
  const more = Math.min(100 - width, Math.max(0, held) * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the look of <meter> cannot be set in every browser.
    <div
      className={styles.track}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(width)}
      aria-valuetext={text}
    >
      <svg className={styles.fill} width="100%" height="100%" aria-hidden="true" focusable="false">
        <rect className={styles[status]} width={`${width}%`} height="100%" />
        <rect className={styles.held} x={`${width}%`} width={`${more}%`} height="100%" />
      </svg>
    </div>
  );
}
