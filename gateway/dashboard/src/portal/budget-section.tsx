import { dateForPeople } from '@ai-gateway/shared/date-for-people';
import type { ReactNode } from 'react';
import { Bar } from '../components/bar.tsx';
import { Status } from '../components/status.tsx';
import { moneyForPeople, percentUsedForPeople } from '../format/money.ts';
import styles from './portal.module.css';
import { type Budgets, type PortalError, readBudgets } from './portal-api.ts';
import { ShownAnswer } from './shown-answer.tsx';
import { useAnswer } from './use-answer.ts';

/** The budgets of the client's calls: what is used of each, and when it resets. */
export function BudgetSection({ onOver }: { onOver: (error: PortalError) => void }): ReactNode {
  const answer = useAnswer('budget', readBudgets, { onOver });
  return (
    <ShownAnswer answer={answer}>
      {({ data, currency }) =>
        data.length === 0 ? (
          <p>There is no budget: calls are not limited by an amount.</p>
        ) : (
          <ul className={styles.budgets}>
            {data.map((budget, i) => (
              // Budgets may share a name, and have nothing else to tell them apart here.
              <li key={i}>
                <p className={styles.budget}>
                  <bdi>{budget.name}</bdi>
                  <Status kind={kinds[budget.status]}>{words[budget.status]}</Status>
                </p>
                {budget.project === null && budget.scenario_id === null ? null : (
                  <p className={styles.soft} dir="auto">
                    Only for {[budget.project, budget.scenario_id].filter((name) => name !== null).join(', ')}
                  </p>
                )}
                <Bar
                  label={budget.name}
                  used={budget.percent_used / 100}
                  status={budget.status}
                  text={usedText(budget, currency)}
                />
                <p>{usedText(budget, currency)}</p>
                <p className={styles.soft}>{resetText(budget)}</p>
              </li>
            ))}
          </ul>
        )
      }
    </ShownAnswer>
  );
}

type Budget = Budgets['data'][number];

const kinds = { ok: 'good', warning: 'warn', exceeded: 'bad' } as const;
const often = { day: 'daily', week: 'weekly', month: 'monthly' } as const;
const words = { ok: 'Fine', warning: 'Nearly used', exceeded: 'Used up' } as const;

function usedText({ spent, limit, percent_used, remaining }: Budget, currency: string): string {
  const percent = percentUsedForPeople(percent_used);
  return `${moneyForPeople(spent, currency)} of ${moneyForPeople(limit, currency)} used (${percent}), ${moneyForPeople(remaining, currency)} left`;
}

function resetText({ period, resets_at, timezone }: Budget): string {
  if (period === 'total' || resets_at === null) return 'It does not reset.';
  return `It resets ${often[period]}, next on ${dateForPeople(resets_at, timezone)}.`;
}
