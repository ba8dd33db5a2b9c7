import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { useMay } from '../../api/session.ts';
import { useToday } from '../../api/today.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { DayChart } from '../../components/day-chart.tsx';
import { groupsIn, sayHighest, stacksOf } from '../../components/day-series.ts';
import { moneyForPeople } from '../../format/money.ts';
import { dayForPeople, daysBetween } from '../../format/when.ts';

/** The cost of a client by day of this month, and which of its scenarios it comes from. Nothing where nothing was spent. */
export function ClientChart({ id }: { id: string }): ReactNode {
  const may = useMay();
  const today = useToday();
  const from = `${today.slice(0, 7)}-01`;
  const series = useRead(
    'usage.series',
    { from, interval: 'day', metric: 'cost_usd', group_by: 'scenario', top: 6, client_id: id },
    { enabled: may('usage.series') },
  );
  const nameOf = useScenarioNames(groupsIn(series.data?.data));
  if (!may('usage.series')) return null;
  return (
    <Loaded query={series}>
      {({ data }) => {
        const stacks = stacksOf(data, 'No scenario', daysBetween(from, today));
        if (stacks.total === 0) return null;
        const money = (value: number): string => moneyForPeople(value);
        return (
          <Card title="Daily cost by scenario">
            <DayChart
              label="Daily cost by scenario"
              stacks={stacks}
              sentence={`${money(stacks.total)} since ${dayForPeople(from)}.${sayHighest(stacks, money)}`}
              format={money}
              nameOf={(scenario) => nameOf(scenario) ?? scenario}
            />
          </Card>
        );
      }}
    </Loaded>
  );
}
