import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Empty, Loaded } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import { moneyForPeople } from '../../format/money.ts';
import { addDays } from '../../format/when.ts';
import styles from './home.module.css';

/** Scenarios whose cost changed most since yesterday, against the two days before. */
export function Movers({ today }: { today: string }): ReactNode {
  const movers = useRead('usage.movers', { from: addDays(today, -1), group_by: 'scenario', limit: 6 });
  return (
    <Card title="Movers since yesterday">
      <Loaded query={movers}>
        {({ data }) => {
          const named = data.filter(({ group, change_usd: change }) => group !== null && change !== 0);
          if (named.length === 0) return <Empty>No scenario costs more or less than before.</Empty>;
          return (
            <ul className={styles.rows}>
              {named.map(({ group, cost_usd: cost, before_usd: before, change_usd: change }) => (
                <li key={group} className={styles.mover}>
                  <GoLink href={`/app/calls?range=week&scenario_id=${encodeURIComponent(group ?? '')}`} dir="auto">
                    {group}
                  </GoLink>
                  <span>
                    {before > 0 && cost > before ? `${(cost / before).toFixed(1)}x ` : ''}
                    <span title={`${moneyForPeople(before)} before`}>
                      {change > 0 ? '+' : ''}
                      <Money amount={change} />
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}
