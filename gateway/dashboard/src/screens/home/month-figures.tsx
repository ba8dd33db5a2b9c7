import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import { changeForPeople, countForPeople } from '../../format/money.ts';
import { addMonths, monthForPeople } from '../../format/when.ts';
import styles from './home.module.css';

/** The month so far, against the month before to the same day. */
export function MonthFigures({ today }: { today: string }): ReactNode {
  const from = `${today.slice(0, 7)}-01`;
  const spent = useRead('usage.series', { from, interval: 'month', metric: 'cost_usd', compare: true });
  const billed = useRead('usage.series', { from, interval: 'month', metric: 'billable_usd' });
  const calls = useRead('usage.series', { from, interval: 'month', metric: 'requests' });
  const refused = useRead('refusals.summary', { from });
  return (
    <Card title="This month">
      <dl className={styles.figures}>
        <Figure name="Spent">
          <Loaded query={spent}>
            {(answer) => {
              const change = changeForPeople(sumOf(answer), beforeOf(answer));
              return (
                <>
                  <Money amount={sumOf(answer)} />
                  {change === undefined ? null : (
                    <span className={styles.small}>
                      {' '}
                      {change} against {monthForPeople(addMonths(today, -1)).split(' ')[0]} to the same day
                    </span>
                  )}
                </>
              );
            }}
          </Loaded>
        </Figure>
        <Figure name="Billed">
          <Loaded query={billed}>{(answer) => <Money amount={sumOf(answer)} />}</Loaded>
        </Figure>
        <Figure name="Calls">
          <Loaded query={calls}>{(answer) => countForPeople(sumOf(answer))}</Loaded>
        </Figure>
        <Figure name="Refused calls">
          <Loaded query={refused}>
            {({ total }) => (
              <GoLink href="/app/calls?view=refused&range=month" aria-label={`Refused ${countForPeople(total)}`}>
                {countForPeople(total)}
              </GoLink>
            )}
          </Loaded>
        </Figure>
      </dl>
    </Card>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type Series = OutputOf<'usage.series'>;

function sumOf({ data }: Series): number {
  return data.reduce((sum, { value }) => sum + value, 0);
}

function beforeOf({ data }: Series): number {
  return data.reduce((sum, { before }) => sum + (before ?? 0), 0);
}
