import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Empty, Loaded } from '../../components/card.tsx';
import { DayChart } from '../../components/day-chart.tsx';
import { stacksOf } from '../../components/day-series.ts';
import { moneyForPeople } from '../../format/money.ts';
import { dayForPeople, daysBetween } from '../../format/when.ts';

/** The money of each day of the month, stacked by client. */
export function CostChart({ today }: { today: string }): ReactNode {
  const from = `${today.slice(0, 7)}-01`;
  const series = useRead('usage.series', { from, interval: 'day', metric: 'cost_usd', group_by: 'client', top: 6 });
  return (
    <Card title="Daily cost by client">
      <Loaded query={series}>
        {({ data }) => {
          const stacks = stacksOf(data, 'No client', daysBetween(from, today));
          if (stacks.total === 0) return <Empty>The first call that costs something shows here.</Empty>;
          const highest = stacks.days.reduce((a, b) => (b.total > a.total ? b : a));
          return (
            <DayChart
              label="Daily cost by client"
              stacks={stacks}
              sentence={`${moneyForPeople(stacks.total)} since ${dayForPeople(from)}. The highest day is ${dayForPeople(highest.at)} with ${moneyForPeople(highest.total)}.`}
              format={(value) => moneyForPeople(value)}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
