import type { ReactNode } from 'react';
import styles from './switch.module.css';

/** Something that is on or off, at once. */
export function Switch({
  label,
  on,
  onChange,
}: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}): ReactNode {
  return (
    <button type="button" role="switch" aria-checked={on} className={styles.switch} onClick={() => onChange(!on)}>
      <span className={styles.knob} aria-hidden="true" />
      {label}
    </button>
  );
}
