import type { ReactNode } from 'react';
import { dayForPeople } from '../format/when.ts';
import styles from './day-chart.module.css';
import { type DayStack, type ForecastDay, largestOf } from './day-series.ts';

interface ChartTipProps {
  day: DayStack | ForecastDay;
  groups: readonly string[];
  nameOf: (group: string) => string;
  format: (value: number) => string;
  /** The class of the colour of a group, by its place. */
  colourOf: (index: number) => string | undefined;
  /** Share of the chart's width, 0 to 1, at which the day is. */
  at: number;
}

/** Rows beyond these are one: a box that covers the chart hides what it is about. */
const most = 8;

/** The amounts of the day under the pointer, the largest first. Readers of the screen have them from the slider. */
export function ChartTip({ day, groups, nameOf, format, colourOf, at }: ChartTipProps): ReactNode {
  const isRight = at > 0.5;
  return (
    <div
      className={styles.tip}
      aria-hidden="true"
      style={isRight ? { insetInlineEnd: `${(1 - at) * 100}%` } : { insetInlineStart: `${at * 100}%` }}
    >
      <div className={styles.tipHead}>
        <span>{dayForPeople(day.at)}</span>
        <strong>{'total' in day ? format(day.total) : `about ${format(day.middle)}`}</strong>
      </div>
      {'total' in day ? (
        groups.length < 2 ? null : (
          <TipRows day={day} groups={groups} nameOf={nameOf} format={format} colourOf={colourOf} />
        )
      ) : (
        <div className={styles.tipRow}>
          {format(day.low)} to {format(day.high)}, forecast
        </div>
      )}
    </div>
  );
}

function TipRows({
  day,
  groups,
  nameOf,
  format,
  colourOf,
}: Omit<ChartTipProps, 'day' | 'at'> & { day: DayStack }): ReactNode {
  const { rows, rest } = largestOf(day, groups, most);
  return (
    <>
      {rows.map(({ group, index, value }) => (
        <div key={group} className={styles.tipRow}>
          <svg width="10" height="10" aria-hidden="true" focusable="false">
            <rect className={colourOf(index)} width="10" height="10" rx="3" />
          </svg>
          <bdi>{nameOf(group)}</bdi>
          <span>{format(value)}</span>
        </div>
      ))}
      {rest.count === 0 ? null : (
        <div className={styles.tipRow}>
          <svg width="10" height="10" aria-hidden="true" focusable="false" />
          <bdi>{rest.count} more</bdi>
          <span>{format(rest.value)}</span>
        </div>
      )}
    </>
  );
}
