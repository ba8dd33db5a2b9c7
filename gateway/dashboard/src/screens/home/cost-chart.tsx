import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { DayChart } from '../../components/day-chart.tsx';
import { groupsIn, sayHighest, stacksOf } from '../../components/day-series.ts';
import { Empty } from '../../components/empty.tsx';
import { moneyForPeople } from '../../format/money.ts';
import { addDays, dayForPeople, daysBetween, monthForPeople } from '../../format/when.ts';
import { dailyCap, forecastMonth, historyDays } from './forecast.ts';

/** The money of each day of the month, stacked by client; how it goes on, and the cap of the workspace. */
export function CostChart({ today }: { today: string }): ReactNode {
  const may = useMay();
  const from = `${today.slice(0, 7)}-01`;
  const series = useRead('usage.series', { from, interval: 'day', metric: 'cost_usd', group_by: 'client', top: 6 });
  // Today is in the series above already, and days that ended are summed: so this reads no calls.
  const past = { from: addDays(today, -historyDays), to: addDays(today, -1) };
  const history = useRead('usage.series', { ...past, interval: 'day', metric: 'cost_usd' });
  const budgets = useRead('budgets.list', { limit: 100 }, { enabled: may('budgets.list') });
  const nameOf = useClientNames(groupsIn(series.data?.data));
  const costs = new Map((history.data?.data ?? []).map(({ at, value }) => [at, value]));
  const spentToday = (series.data?.data ?? []).filter(({ at }) => at === today).map(({ value }) => value);
  if (spentToday.length > 0) costs.set(today, sumOf(spentToday));
  const forecast = forecastMonth(costs, today);
  const money = (value: number): string => moneyForPeople(value);
  return (
    <Card title="Daily cost by client">
      <Loaded query={series}>
        {({ data }) => {
          const stacks = stacksOf(data, 'No client', daysBetween(from, today));
          if (stacks.total === 0)
            return (
              <Empty>
                {costs.size === 0
                  ? 'The first call that costs something shows here.'
                  : `Calls in ${monthForPeople(today).split(' ')[0]} have cost nothing yet.`}
              </Empty>
            );
          const ahead =
            forecast === undefined
              ? ''
              : ` The month ends at about ${money(forecast.middle)} (${money(forecast.low)} to ${money(forecast.high)}).`;
          return (
            <DayChart
              label="Daily cost by client"
              stacks={stacks}
              sentence={`${money(stacks.total)} since ${dayForPeople(from)}.${sayHighest(stacks, money)}${ahead}`}
              format={money}
              nameOf={nameOf}
              limit={dailyCap(budgets.data?.data ?? [], today, money)}
              forecast={forecast?.days ?? []}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
