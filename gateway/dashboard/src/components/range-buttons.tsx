import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './parts.module.css';
import { type Range, rangeNames, ranges } from './ranges.ts';

/** Chooses a stretch of time; the screen keeps it in the URL. */
export function RangeButtons({ chosen, onChoose }: { chosen: Range; onChoose: (range: Range) => void }): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form.
    <div className={`${styles.row} screen-only`} role="group" aria-label="Range">
      {rangeNames.map((name) => (
        <Button key={name} small aria-pressed={name === chosen} onClick={() => onChoose(name)}>
          {ranges[name]}
        </Button>
      ))}
    </div>
  );
}
