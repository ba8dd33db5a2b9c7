import type { ReactNode } from 'react';
import { Money } from '../components/money.tsx';
import { countForPeople } from '../format/money.ts';
import { DailyBars } from './daily-bars.tsx';
import styles from './portal.module.css';
import type { Overview } from './portal-api.ts';
import { ShownAnswer } from './shown-answer.tsx';
import type { Answer } from './use-answer.ts';

/** The month in figures, and its days as bars. */
export function UsageSection({ answer }: { answer: Answer<Overview> }): ReactNode {
  return (
    <ShownAnswer answer={answer}>
      {({ usage, currency, month }) =>
        usage === null ? null : (
          <>
            <dl className={styles.figures}>
              <div>
                <dt>Billed</dt>
                <dd>
                  <Money amount={usage.amount} currency={currency} />
                </dd>
              </div>
              <div>
                <dt>Calls</dt>
                <dd>{countForPeople(usage.calls)}</dd>
              </div>
              <div>
                <dt>Tokens in</dt>
                <dd>{countForPeople(usage.input_tokens)}</dd>
              </div>
              <div>
                <dt>Tokens out</dt>
                <dd>{countForPeople(usage.output_tokens)}</dd>
              </div>
            </dl>
            <DailyBars days={usage.days} month={month} currency={currency} />
          </>
        )
      }
    </ShownAnswer>
  );
}
