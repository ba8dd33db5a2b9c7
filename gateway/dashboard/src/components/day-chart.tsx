import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { dayForPeople } from '../format/when.ts';
import { ChartLegend } from './chart-legend.tsx';
import { ChartTip } from './chart-tip.tsx';
import styles from './day-chart.module.css';
import { axisTicks, type DayStack, type ForecastDay, groupName, others, type Stacks } from './day-series.ts';
import { Table } from './table.tsx';
import { useWidth } from './use-width.ts';

interface DayChartProps {
  /** Names the chart for readers of the screen: "Daily cost by client". */
  label: string;
  stacks: Stacks;
  /** Says the chart in a sentence. */
  sentence: string;
  format: (value: number) => string;
  /** Names a group for people; it is its own name unless said. */
  nameOf?: (group: string) => string;
  /** A line across, such as a cap, and its name. */
  limit?: { value: number; name: string } | undefined;
  /** Days to come, after those of the stacks. */
  forecast?: readonly ForecastDay[];
}

const height = 220;
const bottom = 22;
/** Of a bar: one day alone is no wall. */
const widestBar = 44;

/** Amounts by day, stacked by group: drawn, said in a sentence, spoken day by day with the arrow keys, and as a table. */
export function DayChart(props: DayChartProps): ReactNode {
  const { label, stacks, sentence, format, limit, forecast = [] } = props;
  const { groups, days } = stacks;
  const nameOf = (group: string): string => groupName(group, stacks, props.nameOf);
  const colourOf = (index: number): string | undefined => colourClass(groups, index);
  const count = days.length + forecast.length;
  const [chosen, setChosen] = useState<number | undefined>();
  const { ref, width } = useWidth();
  const highest = Math.max(0, ...days.map(({ total }) => total), ...forecast.map(({ high }) => high));
  // A cap far above everything would press the days flat: it is named below the chart, and not drawn.
  const line = limit !== undefined && limit.value <= highest * 4 ? limit : undefined;
  const ticks = axisTicks(Math.max(line?.value ?? 0, highest));
  const end = ticks.at(-1) ?? 1;
  const names = tickNames(ticks, format);
  // Digits of the axis are about 6.5 pixels wide.
  const left = 12 + 6.5 * Math.max(...names.map(({ length }) => length));
  const step = (width - left) / Math.max(1, count);
  const heightOf = (value: number): number => (value / end) * (height - bottom - 6);
  const spoken = sayChosen({ chosen, stacks, forecast, format, nameOf });
  const shown = chosen === undefined ? undefined : (days[chosen] ?? forecast[chosen - days.length]);
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
          {ticks.map((tick, index) => {
            const y = height - bottom - heightOf(tick);
            return (
              <g key={tick}>
                <line className={index === 0 ? styles.base : styles.grid} x1={left} x2={width} y1={y} y2={y} />
                <text className={styles.axis} x={left - 8} y={y + 4} textAnchor="end">
                  {names[index]}
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
              colourOf={colourOf}
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
        {shown === undefined || chosen === undefined ? null : (
          <ChartTip
            day={shown}
            groups={groups}
            nameOf={nameOf}
            format={format}
            colourOf={colourOf}
            at={(left + (chosen + 0.5) * step) / width}
          />
        )}
      </div>
      <ChartLegend
        groups={groups.map(nameOf)}
        colourOf={colourOf}
        limit={limit}
        isLineDrawn={line !== undefined}
        hasForecast={forecast.length > 0}
      />
      <details className={`${styles.table} screen-only`}>
        <summary>Show as a table</summary>
        <Table
          caption={label}
          columns={[
            { key: 'day', title: 'Day', cell: ({ at }: DayStack) => dayForPeople(at) },
            ...groups.map((group, index) => ({
              key: `group ${group}`,
              title: <bdi>{nameOf(group)}</bdi>,
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

/** The rest is grey wherever it comes; groups beyond the colours are, too. */
function colourClass(groups: readonly string[], index: number): string | undefined {
  return styles[`series${groups[index] === others ? 6 : Math.min(index, 6)}`];
}

/** Cents on an axis of whole dollars are ink without news. */
function tickNames(ticks: readonly number[], format: (value: number) => string): string[] {
  const names = ticks.map(format);
  return names.every((name) => name.endsWith('.00')) ? names.map((name) => name.slice(0, -3)) : names;
}

function barIn(step: number): { width: number; inset: number } {
  const width = Math.min(widestBar, step * 0.7);
  return { width, inset: (step - width) / 2 };
}

function Day(props: DayProps & { colourOf: (index: number) => string | undefined }): ReactNode {
  const { day, x, step, heightOf, colourOf, isChosen, isNamed, onChoose } = props;
  const bar = barIn(step);
  let y = height - bottom;
  return (
    <g onPointerEnter={onChoose}>
      <rect className={isChosen ? styles.chosen : styles.day} x={x} y={0} width={step} height={height - bottom} />
      {day.values.map((value, index) => {
        y -= heightOf(value);
        return (
          <rect
            key={index}
            className={colourOf(index)}
            x={x + bar.inset}
            y={y}
            width={bar.width}
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
  const bar = barIn(step);
  return (
    <g onPointerEnter={onChoose}>
      <rect className={isChosen ? styles.chosen : styles.day} x={x} y={0} width={step} height={height - bottom} />
      <rect
        className={styles.band}
        x={x + bar.inset}
        y={at(day.high)}
        width={bar.width}
        height={Math.max(1, at(day.low) - at(day.high))}
      />
      <line className={styles.forecast} x1={x} x2={x + step} y1={at(day.middle)} y2={at(day.middle)} />
      {isNamed ? <DayName at={day.at} x={x + step / 2} /> : null}
    </g>
  );
}

interface Chosen {
  chosen: number | undefined;
  stacks: Stacks;
  forecast: readonly ForecastDay[];
  format: (value: number) => string;
  nameOf: (group: string) => string;
}

/** The chosen day in words. Undefined where none is chosen. */
function sayChosen({ chosen, stacks: { groups, days }, forecast, format, nameOf }: Chosen): string | undefined {
  if (chosen === undefined) return undefined;
  const day = days[chosen];
  if (day !== undefined) return sayDay(day, groups.map(nameOf), format);
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
