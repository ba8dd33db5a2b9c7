import type { ReactNode } from 'react';
import styles from './day-chart.module.css';

interface ChartLegendProps {
  /** Their names, in the order of the stacks. */
  groups: readonly string[];
  colourOf: (index: number) => string | undefined;
  limit: { name: string } | undefined;
  isLineDrawn: boolean;
  hasForecast: boolean;
}

/** The names of the colours of a chart, and of its lines. */
export function ChartLegend({ groups, colourOf, limit, isLineDrawn, hasForecast }: ChartLegendProps): ReactNode {
  return (
    <ul className={styles.legend}>
      {groups.map((group, index) => (
        <li key={`${index} ${group}`}>
          <svg width="10" height="10" aria-hidden="true" focusable="false">
            <rect className={colourOf(index)} width="10" height="10" rx="3" />
          </svg>
          <bdi>{group}</bdi>
        </li>
      ))}
      {hasForecast ? (
        <li>
          <svg width="18" height="12" aria-hidden="true" focusable="false">
            <rect className={styles.band} y="1" width="18" height="10" />
            <line className={styles.forecast} x2="18" y1="6" y2="6" />
          </svg>
          Forecast
        </li>
      ) : null}
      {limit === undefined ? null : (
        <li>
          {isLineDrawn ? (
            <svg width="18" height="12" aria-hidden="true" focusable="false">
              <line className={styles.limit} x2="18" y1="6" y2="6" />
            </svg>
          ) : null}
          <bdi>{limit.name}</bdi>
        </li>
      )}
    </ul>
  );
}
