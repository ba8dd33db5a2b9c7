import type { ReactNode } from 'react';
import { axisTicks } from '../components/day-series.ts';
import { Money } from '../components/money.tsx';
import { countForPeople, moneyForPeople } from '../format/money.ts';
import { addDays, addMonths, dayForPeople } from '../format/when.ts';
import styles from './portal.module.css';
import type { Usage } from './portal-api.ts';

interface DailyBarsProps {
  days: Usage['days'];
  /** `2026-11`: its days that are still to come have their places too. */
  month: string;
  currency: string;
}

const height = 120;
const step = 20;
const bar = 14;

/** The days of a month as bars; the same as a table for those who do not see them. */
export function DailyBars({ days, month, currency }: DailyBarsProps): ReactNode {
  const highest = days.reduce(
    (most, day) => (day.amount > (most?.amount ?? 0) ? day : most),
    undefined as Usage['days'][number] | undefined,
  );
  const ticks = axisTicks(highest?.amount ?? 0);
  const top = ticks.at(-1) ?? 1;
  const heightOf = (amount: number): number => (amount / top) * (height - 4);
  const amountOf = new Map(days.map((day) => [day.day, day]));
  const all = daysOfMonth(month);
  return (
    <figure className={styles.bars}>
      <figcaption>
        {highest === undefined
          ? 'Nothing is billed in this month yet.'
          : `Billed by day.${days.length < 2 ? '' : ` The highest day is ${dayForPeople(highest.day)} with ${moneyForPeople(highest.amount, currency)}.`}`}
      </figcaption>
      <div className={styles.plot}>
        {highest === undefined ? null : (
          // biome-ignore lint/a11y/useSemanticElements: a list would be read as points of a text.
          <div
            className={styles.values}
            role="group"
            aria-label={`Axis from ${moneyForPeople(0, currency)} to ${moneyForPeople(top, currency)}`}
          >
            {ticks.map((tick) => (
              <span key={tick} aria-hidden="true" style={{ insetBlockEnd: `${(heightOf(tick) / height) * 100}%` }}>
                {moneyForPeople(tick, currency)}
              </span>
            ))}
          </div>
        )}
        <svg
          viewBox={`0 0 ${all.length * step} ${height}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          focusable="false"
        >
          <line x1="0" x2={all.length * step} y1={height - 0.5} y2={height - 0.5} className={styles.axis} />
          {(highest === undefined ? [] : ticks.slice(1)).map((tick) => (
            <line
              key={tick}
              x1="0"
              x2={all.length * step}
              y1={height - heightOf(tick)}
              y2={height - heightOf(tick)}
              className={styles.grid}
            />
          ))}
          {all.map((day, i) => {
            const amount = amountOf.get(day)?.amount ?? 0;
            // A day with a little is told from a day with nothing.
            const tall = amount <= 0 ? 0 : Math.max(2, heightOf(amount));
            return (
              <g key={day}>
                <rect
                  x={i * step + (step - bar) / 2}
                  y={height - tall}
                  width={bar}
                  height={tall}
                  rx="2"
                  className={styles.bar}
                >
                  <title>{`${dayForPeople(day)}: ${moneyForPeople(amount, currency)}`}</title>
                </rect>
              </g>
            );
          })}
        </svg>
        <p className={styles.ticks} aria-hidden="true">
          <span>{dayForPeople(all[0] ?? '')}</span>
          <span>{dayForPeople(all[Math.floor(all.length / 2)] ?? '')}</span>
          <span>{dayForPeople(all.at(-1) ?? '')}</span>
        </p>
      </div>
      <div className={styles.unseen}>
        <table>
          <caption>Billed by day</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Billed</th>
              <th scope="col">Calls</th>
              <th scope="col">Tokens</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, amount, calls, tokens }) => (
              <tr key={day}>
                <th scope="row">{dayForPeople(day)}</th>
                <td>
                  <Money amount={amount} currency={currency} />
                </td>
                <td>{countForPeople(calls)}</td>
                <td>{countForPeople(tokens)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function daysOfMonth(month: string): string[] {
  const first = `${month}-01`;
  const next = addMonths(first, 1);
  const days: string[] = [];
  for (let day = first; day < next; day = addDays(day, 1)) days.push(day);
  return days;
}
