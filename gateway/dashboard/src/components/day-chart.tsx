import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { dayForPeople } from '../format/when.ts';
import styles from './day-chart.module.css';
import { axisEnd, type DayStack, type ForecastDay, type Stacks } from './day-series.ts';
import { Table } from './table.tsx';
import { useWidth } from './use-width.ts';

interface DayChartProps {
  /** Names the chart for readers of the screen: "Daily cost by client". */
  label: string;
  stacks: Stacks;
  /** Says the chart in a sentence. */
  sentence: string;
  format: (value: number) => string;
  /** A line across, such as a cap, and its name. */
  limit?: { value: number; name: string } | undefined;
  /** Days to come, after those of the stacks. */
  forecast?: readonly ForecastDay[];
}

const height = 200;
const left = 56;
const bottom = 20;

/** Amounts by day, stacked by group: drawn, said in a sentence, spoken day by day with the arrow keys, and as a table. */
export function DayChart({ label, stacks, sentence, format, limit, forecast = [] }: DayChartProps): ReactNode {
  const { groups, days } = stacks;
  const count = days.length + forecast.length;
  const [chosen, setChosen] = useState<number | undefined>();
  const { ref, width } = useWidth();
  const highest = Math.max(0, ...days.map(({ total }) => total), ...forecast.map(({ high }) => high));
  // A cap far above everything would press the days flat: it is named below the chart, and not drawn.
  const line = limit !== undefined && limit.value <= highest * 4 ? limit : undefined;
  const end = axisEnd(Math.max(line?.value ?? 0, highest));
  const step = (width - left) / Math.max(1, count);
  const heightOf = (value: number): number => (value / end) * (height - bottom);
  const spoken = sayChosen({ chosen, stacks, forecast, format });
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowRight: 1, ArrowLeft: -1, Home: -count, End: count }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    // From the place in sight: the days to come are one step beyond the last day.
    const first = move > 0 ? -1 : days.length;
    const last = event.key === 'End' ? days.length - 1 : count - 1;
    setChosen((before) => Math.min(last, Math.max(0, (before ?? first) + move)));
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
        aria-valuemax={Math.max(1, count)}
        aria-valuenow={(chosen ?? 0) + 1}
        aria-valuetext={spoken ?? sentence}
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
              isNamed={index % Math.ceil((count * 80) / width) === 0}
              onChoose={() => setChosen(index)}
            />
          ))}
          {forecast.map((day, index) => (
            <DayToCome
              key={day.at}
              day={day}
              x={left + (days.length + index) * step}
              step={step}
              heightOf={heightOf}
              isChosen={days.length + index === chosen}
              isNamed={(days.length + index) % Math.ceil((count * 80) / width) === 0}
              onChoose={() => setChosen(days.length + index)}
            />
          ))}
          {line === undefined ? null : (
            <line
              className={styles.limit}
              x1={left}
              x2={width}
              y1={height - bottom - heightOf(line.value)}
              y2={height - bottom - heightOf(line.value)}
            />
          )}
        </svg>
      </div>
      <p className={styles.spoken} aria-hidden="true">
        {spoken ?? ''}
      </p>
      <Legend groups={groups} limit={limit} isLineDrawn={line !== undefined} hasForecast={forecast.length > 0} />
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

interface DayProps<Day = DayStack> {
  day: Day;
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
      {isNamed ? <DayName at={day.at} x={x + step / 2} /> : null}
    </g>
  );
}

function DayName({ at, x }: { at: string; x: number }): ReactNode {
  return (
    <text className={styles.axis} x={x} y={height - 4} textAnchor="middle">
      {dayForPeople(at)}
    </text>
  );
}

/** The most likely amount as a dotted line, and the band around it. */
function DayToCome({ day, x, step, heightOf, isChosen, isNamed, onChoose }: DayProps<ForecastDay>): ReactNode {
  const at = (value: number): number => height - bottom - heightOf(value);
  return (
    <g onPointerEnter={onChoose}>
      <rect className={isChosen ? styles.chosen : styles.day} x={x} y={0} width={step} height={height - bottom} />
      <rect
        className={styles.band}
        x={x + step * 0.15}
        y={at(day.high)}
        width={step * 0.7}
        height={Math.max(1, at(day.low) - at(day.high))}
      />
      <line className={styles.forecast} x1={x} x2={x + step} y1={at(day.middle)} y2={at(day.middle)} />
      {isNamed ? <DayName at={day.at} x={x + step / 2} /> : null}
    </g>
  );
}

interface LegendProps {
  groups: readonly string[];
  limit: { name: string } | undefined;
  isLineDrawn: boolean;
  hasForecast: boolean;
}

function Legend({ groups, limit, isLineDrawn, hasForecast }: LegendProps): ReactNode {
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

interface Chosen {
  chosen: number | undefined;
  stacks: Stacks;
  forecast: readonly ForecastDay[];
  format: (value: number) => string;
}

/** The chosen day in words. Undefined where none is chosen. */
function sayChosen({ chosen, stacks: { groups, days }, forecast, format }: Chosen): string | undefined {
  if (chosen === undefined) return undefined;
  const day = days[chosen];
  if (day !== undefined) return sayDay(day, groups, format);
  const coming = forecast[chosen - days.length];
  if (coming === undefined) return undefined;
  const { at, low, middle, high } = coming;
  return `${dayForPeople(at)}: about ${format(middle)}, between ${format(low)} and ${format(high)} (forecast)`;
}

function sayDay({ at, values, total }: DayStack, groups: readonly string[], format: (value: number) => string): string {
  const parts = groups.flatMap((group, index) =>
    (values[index] ?? 0) > 0 ? [`${group} ${format(values[index] ?? 0)}`] : [],
  );
  return `${dayForPeople(at)}: ${format(total)}${parts.length > 1 ? ` (${parts.join(', ')})` : ''}`;
}
