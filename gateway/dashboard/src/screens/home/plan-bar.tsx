import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Bar } from '../../components/bar.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { useNow } from '../../components/when.tsx';
import { shortCount } from '../../format/money.ts';
import { dayForPeople } from '../../format/when.ts';
import styles from './home.module.css';

/** Will the tokens of the plan last the month? */
export function PlanBar(): ReactNode {
  const plan = useRead('plan.get', {});
  const now = useNow();
  return (
    <Card title="Plan">
      <Loaded query={plan}>
        {({
          name,
          included_tokens: included,
          used_tokens: used,
          overage_usd: overage,
          period_start: start,
          period_end: end,
        }) => {
          const share = included === 0 ? 1 : used / included;
          const passed = (now - Date.parse(start)) / (Date.parse(end) - Date.parse(start));
          const text = `${shortCount(used)} of ${shortCount(included)} tokens used`;
          return (
            <div className={styles.plan}>
              <p>
                <bdi>{name}</bdi>: {text}.{' '}
                {forecast({ share, passed, end: Date.parse(start) + (now - Date.parse(start)) / share })}
                {overage > 0 ? (
                  <>
                    {' '}
                    Overage so far: <Money amount={overage} />.
                  </>
                ) : null}
              </p>
              <Bar
                label="Tokens of the plan"
                used={share}
                text={text}
                status={share >= 1 ? 'exceeded' : share > passed + 0.1 ? 'warning' : 'ok'}
              />
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

/** At the pace of the month so far. */
function forecast({ share, passed, end }: { share: number; passed: number; end: number }): string {
  if (share >= 1) return 'The included tokens are used up.';
  if (share === 0) return 'No tokens are used yet.';
  if (passed < 0.05) return 'It is too early in the month for a forecast.';
  const atEnd = share / passed;
  return atEnd <= 1
    ? `At this pace ${Math.round(atEnd * 100)} % are used by the end of the month.`
    : `At this pace they last until ${dayForPeople(new Date(end).toISOString())}.`;
}
