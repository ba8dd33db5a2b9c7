import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { percentUsedForPeople } from '../format/money.ts';
import { untilForPeople } from '../format/when.ts';
import { Bar } from './bar.tsx';
import { Money } from './money.tsx';
import styles from './parts.module.css';
import { useNow, When } from './when.tsx';

export type Budget = OutputOf<'budgets.get'>;

/** `$46.00 of $50.00 used (92 %) + $0.05 held, $3.95 left`, with its bar and its reset. */
export function BudgetLine({ budget }: { budget: Budget }): ReactNode {
  const now = useNow();
  const { limit_usd: limit, spent_usd: spent, held_usd: held, resets_at: resetsAt } = budget;
  const percent = percentUsedForPeople(budget.percent_used);
  return (
    <div className={styles.budget}>
      <Bar
        label={`Budget ${budget.name}`}
        used={limit === 0 ? 1 : spent / limit}
        held={limit === 0 ? 0 : held / limit}
        status={budget.status}
        text={`${percent} used`}
      />
      <p className={styles.spread}>
        <span>
          <Money amount={spent} /> of <Money amount={limit} /> used ({percent})
          {held > 0 ? (
            <>
              {' '}
              + <Money amount={held} /> held
            </>
          ) : null}
          , <Money amount={Math.max(0, budget.remaining_usd)} /> left
        </span>{' '}
        <span className={styles.muted}>
          {resetsAt === null ? (
            'Never resets'
          ) : (
            <>
              Resets in {untilForPeople(resetsAt, now)}, <When at={resetsAt} full />
            </>
          )}
        </span>
      </p>
    </div>
  );
}
