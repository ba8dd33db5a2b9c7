import { scenarioText } from '@ai-gateway/shared/scenario-text';
import { type ReactNode, useState } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import { useNow } from '../../components/when.tsx';
import { countForPeople, moneyForPeople } from '../../format/money.ts';
import { addDays } from '../../format/when.ts';
import styles from './home.module.css';

const groups = ['scenario', 'client', 'model'] as const;
const titles = { scenario: 'Scenarios', client: 'Clients', model: 'Models' } as const;
const filters = { scenario: 'scenario_id', client: 'client_id', model: 'model' } as const;

const minuteMs = 60_000;

/** `9.2x`, `117x`; nothing where it was cheaper, and `new` where nothing was before. */
function timesForPeople(cost: number, before: number): string {
  if (before === 0) return 'new';
  if (cost <= before) return '';
  const times = cost / before;
  return `${times < 10 ? times.toFixed(1) : countForPeople(Math.round(times))}x`;
}

/** Scenarios, clients or models whose cost changed most since yesterday, against the two days before. */
export function Movers({ today }: { today: string }): ReactNode {
  const [group, setGroup] = useState<(typeof groups)[number]>('scenario');
  // Without an end a range from the first of a month, which is yesterday on the second, would be compared with the month before.
  // Calls of this minute count; a later end would give the days before time that today has not had yet.
  const to = new Date(Math.ceil((useNow() + 1) / minuteMs) * minuteMs).toISOString();
  const movers = useRead('usage.movers', { from: addDays(today, -1), to, group_by: group, limit: 8 }, { keep: true });
  const ids = (movers.data?.data ?? []).map((row) => row.group);
  const clientName = useClientNames(group === 'client' ? ids : []);
  const scenarioName = useScenarioNames(group === 'scenario' ? ids : []);
  const nameOf = {
    client: clientName,
    scenario: (id: string) => scenarioText({ id, name: scenarioName(id) }),
    model: (id: string) => id,
  }[group];
  return (
    <Card
      title="Movers since yesterday"
      actions={
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form.
        <div className={`${styles.buttons} screen-only`} role="group" aria-label="Movers by">
          {groups.map((one) => (
            <Button key={one} small kind="quiet" aria-pressed={one === group} onClick={() => setGroup(one)}>
              {titles[one]}
            </Button>
          ))}
        </div>
      }
    >
      <Loaded query={movers}>
        {({ data }) => {
          const named = data.filter((row) => row.group !== null && row.change_usd !== 0);
          if (named.length === 0) return <Empty>No {group} costs more or less than before.</Empty>;
          return (
            <ul className={styles.rows}>
              {named.map(({ group: name, cost_usd: cost, before_usd: before, change_usd: change }) => (
                <li key={name} className={styles.mover}>
                  <GoLink href={`/app/calls?range=week&${filters[group]}=${encodeURIComponent(name ?? '')}`} dir="auto">
                    {nameOf(name ?? '')}
                  </GoLink>
                  <span className={styles.change} title={`${moneyForPeople(before)} before`}>
                    {change > 0 ? '+' : ''}
                    <Money amount={change} />
                    <span className={styles.times}>{timesForPeople(cost, before)}</span>
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
