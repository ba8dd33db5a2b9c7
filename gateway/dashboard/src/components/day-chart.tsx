import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { dayForPeople } from '../format/when.ts';
import styles from './day-chart.module.css';
import { axisEnd, type DayStack, type Stacks } from './day-series.ts';
import { Table } from './table.tsx';
import { useWidth } from './use-width.ts';

interface DayChartProps {
  /** Names the chart for readers of the screen: "Daily cost by client". */
  label: string;
  stacks: Stacks;
  /** Says the chart in a sentence. */
  sentence: string;
  format: (value: number) => string;
  /** A line across, such as a cap. */
  limit?: number;
}

const height = 200;
const left = 56;
const bottom = 20;

/** Amounts by day, stacked by group: drawn, said in a sentence, spoken day by day with the arrow keys, and as a table. */
export function DayChart({ label, stacks, sentence, format, limit }: DayChartProps): ReactNode {
  const { groups, days } = stacks;
  const [chosen, setChosen] = useState<number | undefined>();
  const { ref, width } = useWidth();
  const end = axisEnd(Math.max(limit ?? 0, ...days.map(({ total }) => total)));
  const step = (width - left) / Math.max(1, days.length);
  const heightOf = (value: number): number => (value / end) * (height - bottom);
  const spoken = chosen === undefined ? undefined : days[chosen];
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowRight: 1, ArrowLeft: -1, Home: -days.length, End: days.length }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    setChosen((before) => Math.min(days.length - 1, Math.max(0, (before ?? (move > 0 ? -1 : days.length)) + move)));
  };
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>{sentence}</figcaption>
      <div
        ref={ref}
        className={styles.plot}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={Math.max(1, days.length)}
        aria-valuenow={(chosen ?? 0) + 1}
        aria-valuetext={spoken === undefined ? sentence : sayDay(spoken, groups, format)}
        onKeyDown={onKeyDown}
        onPointerLeave={() => setChosen(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
          {[0, 0.5, 1].map((share) => {
            const y = height - bottom - heightOf(end * share);
            return (
              <g key={share}>
                <line className={styles.grid} x1={left} x2={width} y1={y} y2={y} />
                <text className={styles.axis} x={left - 6} y={y + 4} textAnchor="end">
                  {format(end * share)}
                </text>
              </g>
            );
          })}
          {days.map((day, index) => (
            <Day
              key={day.at}
              day={day}
              x={left + index * step}
              step={step}
              heightOf={heightOf}
              isChosen={index === chosen}
              isNamed={index % Math.ceil((days.length * 80) / width) === 0}
              onChoose={() => setChosen(index)}
            />
          ))}
          {limit === undefined ? null : (
            <line
              className={styles.limit}
              x1={left}
              x2={width}
              y1={height - bottom - heightOf(limit)}
              y2={height - bottom - heightOf(limit)}
            />
          )}
        </svg>
      </div>
      <p className={styles.spoken} aria-hidden="true">
        {spoken === undefined ? '' : sayDay(spoken, groups, format)}
      </p>
      <Legend groups={groups} />
      <details className={`${styles.table} screen-only`}>
        <summary>Show as a table</summary>
        <Table
          caption={label}
          columns={[
            { key: 'day', title: 'Day', cell: ({ at }: DayStack) => dayForPeople(at) },
            ...groups.map((group, index) => ({
              key: `group ${group}`,
              title: <bdi>{group}</bdi>,
              end: true,
              cell: ({ values }: DayStack) => format(values[index] ?? 0),
            })),
            { key: 'total', title: 'Total', end: true, cell: ({ total }: DayStack) => format(total) },
          ]}
          rows={days}
          rowKey={({ at }) => at}
          empty="There are no days in this range."
        />
      </details>
    </figure>
  );
}

interface DayProps {
  day: DayStack;
  x: number;
  step: number;
  heightOf: (value: number) => number;
  isChosen: boolean;
  isNamed: boolean;
  onChoose: () => void;
}

function Day({ day, x, step, heightOf, isChosen, isNamed, onChoose }: DayProps): ReactNode {
  let y = height - bottom;
  return (
    <g onPointerEnter={onChoose}>
      <rect className={isChosen ? styles.chosen : styles.day} x={x} y={0} width={step} height={height - bottom} />
      {day.values.map((value, index) => {
        y -= heightOf(value);
        return (
          <rect
            key={index}
            className={styles[`series${Math.min(index, 6)}`]}
            x={x + step * 0.15}
            y={y}
            width={step * 0.7}
            height={heightOf(value)}
          />
        );
      })}
      {isNamed ? (
        <text className={styles.axis} x={x + step / 2} y={height - 4} textAnchor="middle">
          {dayForPeople(day.at)}
        </text>
      ) : null}
    </g>
  );
}

function Legend({ groups }: { groups: readonly string[] }): ReactNode {
  return (
    <ul className={styles.legend}>
      {groups.map((group, index) => (
        <li key={group}>
          <svg width="12" height="12" aria-hidden="true" focusable="false">
            <rect className={styles[`series${Math.min(index, 6)}`]} width="12" height="12" rx="3" />
          </svg>
          <bdi>{group}</bdi>
        </li>
      ))}
    </ul>
  );
}

function sayDay({ at, values, total }: DayStack, groups: readonly string[], format: (value: number) => string): string {
  const parts = groups.flatMap((group, index) =>
    (values[index] ?? 0) > 0 ? [`${group} ${format(values[index] ?? 0)}`] : [],
  );
  return `${dayForPeople(at)}: ${format(total)}${parts.length > 1 ? ` (${parts.join(', ')})` : ''}`;
}
